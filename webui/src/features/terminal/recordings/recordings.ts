import type { Recording, Session } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";

/**
 * The recordings of all machines, the newest first. Nothing tells of them but
 * that the recording of a session begins or ends.
 */
export const recordings = new Live<Recording[], "terminal.session.changed">(client, {
  topic: "terminal.session.changed",
  snapshot: async () => (await client.call("terminal.recording.list", {})).recordings,
  apply: (all, session) => (isNews(all, session) ? null : all),
});

function isNews(all: Recording[], { node, recording }: Session): boolean {
  if (!recording?.id) return false;
  const known = all.find((r) => r.node === node && r.id === recording.id);
  if (!known) return recording.endedAt === null;
  return (known.live ?? false) !== (recording.endedAt === null);
}
