import type { Note } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";
import { withNews, type Inbox } from "./notes";

export const PAGE = 50;

/** What this person was told, the latest first, live. */
export const inbox = new Live<Inbox, "notifications.changed">(client, {
  topic: "notifications.changed",
  snapshot: () => client.call("notifications.list", { limit: PAGE }),
  apply: withNews,
});

export async function readAll(): Promise<void> {
  await client.call("notifications.read", { all: true });
}

export async function readOne(note: Note): Promise<void> {
  if (!note.read) await client.call("notifications.read", { ids: [note.id] });
}
