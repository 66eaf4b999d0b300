import type { Machine } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";
import { inOrder, withMachine } from "./list";

/** The machines of this home, live. */
export const machines = new Live<Machine[], "presence.changed">(client, {
  topic: "presence.changed",
  snapshot: async () => inOrder((await client.call("presence.list", {})).machines),
  apply: withMachine,
});

/** Whether a machine offers terminals at all. */
export function hasTerminal(machine: Machine): boolean {
  return machine.capabilities.includes("terminal");
}

/** The account a terminal is opened as unless someone says otherwise. */
export function usualAccount(machine: Machine): string | undefined {
  return machine.accounts.includes(machine.account) ? machine.account : machine.accounts[0];
}
