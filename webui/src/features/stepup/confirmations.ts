import type { Confirmation, Status } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";

/** How many are kept that came by events. */
const MOST = 64;

/** What waits for this person's confirmation, on whichever device, and what was answered lately. */
export const confirmations = new Live<Confirmation[], "stepup.changed">(client, {
  topic: "stepup.changed",
  snapshot: async () => (await client.call("stepup.confirmation.list", {})).confirmations,
  apply: (all, { confirmation }) => confirmation && merged(all, confirmation),
});

/** How confirmations stand on this device, and the person's passkeys. */
export const standing = new Live<Status, "stepup.changed">(client, {
  topic: "stepup.changed",
  snapshot: () => client.call("stepup.get", {}),
  apply: (now, { confirmation }) => (confirmation?.state === "waiting" ? now : null),
});

export function merged(all: Confirmation[], one: Confirmation): Confirmation[] {
  const at = all.findIndex((c) => c.id === one.id);
  return at < 0 ? [...all, one].slice(-MOST) : all.with(at, one);
}
