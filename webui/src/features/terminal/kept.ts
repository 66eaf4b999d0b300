import { useSyncExternalStore } from "react";
import type { Profile, Snippet } from "@/gen/api";
import { client } from "@/app/client";
import { Live, type LiveState } from "@/lib/live";
import { withKept } from "./list";

/** How terminals are to be started: one's own and the shared ones, live, by name. */
export const profiles = new Live<Profile[], "terminal.profile.changed">(client, {
  topic: "terminal.profile.changed",
  snapshot: async () => (await client.call("terminal.profile.list", {})).profiles,
  apply: withKept,
});

/** Quick commands: one's own and the shared ones, live, by name. */
export const snippets = new Live<Snippet[], "terminal.snippet.changed">(client, {
  topic: "terminal.snippet.changed",
  snapshot: async () => (await client.call("terminal.snippet.list", {})).snippets,
  apply: withKept,
});

const never = () => () => {};
const nothing = { status: "ready", value: [], error: undefined };

/** What is kept, or nothing for a caller who may not ask for it. */
export function useKept<T, K extends "terminal.profile.changed" | "terminal.snippet.changed">(
  live: Live<T[], K>,
  may: boolean,
): LiveState<T[]> {
  return useSyncExternalStore(may ? live.use : never, may ? live.state.get : () => nothing as unknown as LiveState<T[]>);
}
