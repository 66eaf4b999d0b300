import { useSyncExternalStore } from "react";
import type { Session } from "@/gen/api";
import { client } from "@/app/client";
import { machines } from "@/features/presence/machines";
import { Live, type LiveState } from "@/lib/live";
import { withSession } from "./list";

/** The terminals of all machines, live, oldest first. */
export const sessions = new Live<Session[], "terminal.session.changed">(client, {
  topic: "terminal.session.changed",
  snapshot: async () => (await client.call("terminal.session.list", {})).sessions,
  apply: withSession,
});

// A machine that comes back may have other terminals than before, and one that
// goes takes its own along: no event tells.
let up = "";
machines.state.subscribe(() => {
  const state = machines.state.get();
  if (state.status !== "ready") return;
  const now = state.value.filter((m) => m.online).map((m) => m.name).join("\n");
  if (up !== "" && now !== up) sessions.refresh();
  up = now;
});

const none: Session[] = [];
const never = () => () => {};
const nothing = (): LiveState<Session[]> => empty;
const empty: LiveState<Session[]> = { status: "ready", value: none, error: undefined };

/** The terminals there are; none for a caller who may not know of them. */
export function useSessions(may: boolean): Session[] {
  const state = useSyncExternalStore(may ? sessions.use : never, may ? sessions.state.get : nothing);
  return state.status === "ready" ? state.value : none;
}
