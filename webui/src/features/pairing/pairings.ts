import type { Pairings } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";

/** Who asks to join, and who has joined. An event carries all of it. */
export const pairings = new Live<Pairings, "pairing.changed">(client, {
  topic: "pairing.changed",
  snapshot: () => client.call("pairing.list", {}),
  apply: (_, now) => now,
});
