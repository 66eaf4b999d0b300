import type { Machine } from "@/gen/api";
import { client } from "@/app/client";
import { never } from "@/lib/format";
import { Live } from "@/lib/live";

/** The machines of this home, live. */
export const machines = new Live<Machine[], "presence.changed">(client, {
  topic: "presence.changed",
  snapshot: async () => inOrder((await client.call("presence.list", {})).machines),
  apply: (all, changed) => {
    const others = all.filter((m) => m.name !== changed.name);
    return removed(changed) ? others : inOrder([...others, changed]);
  },
});

/** The last word about a machine that was removed: it has no pairing any more. */
function removed(machine: Machine): boolean {
  return !machine.online && never(machine.pairedAt);
}

function inOrder(all: Machine[]): Machine[] {
  return all.sort((a, b) => a.name.localeCompare(b.name));
}

/** Whether a machine offers terminals at all. */
export function hasTerminal(machine: Machine): boolean {
  return machine.capabilities.includes("terminal");
}

/** The account a terminal is opened as unless someone says otherwise. */
export function usualAccount(machine: Machine): string | undefined {
  return machine.accounts.includes(machine.account) ? machine.account : machine.accounts[0];
}
