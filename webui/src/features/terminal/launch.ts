import { client } from "@/app/client";
import { toastError } from "@/components/ui/toast";
import { navigate } from "@/lib/router";
import { MAX_PANES, leaves, type Side } from "./layout";
import { exchangeInSplit, place, splitOf } from "./splits";
import { addTab, replaceTab, tabPath, type Tab } from "./tabs";

/** A guess of the size; the first fit of the terminal corrects it. */
function likelySize(): { cols: number; rows: number } {
  const cols = Math.floor((window.innerWidth - 24) / 8);
  const rows = Math.floor((window.innerHeight - 140) / 18);
  return { cols: Math.min(300, Math.max(20, cols)), rows: Math.min(120, Math.max(5, rows)) };
}

/** Starts a terminal on a machine and shows it. Null: it failed, which a toast says. */
export async function openTerminal(node: string, account?: string, instead?: Tab): Promise<Tab | null> {
  try {
    const started = await client.call("terminal.session.start", {
      node,
      ...(account ? { account } : {}),
      ...likelySize(),
    });
    const tab = { node, session: started.id };
    if (instead) {
      exchangeInSplit(instead, tab);
      replaceTab(instead, tab);
    } else addTab(tab);
    navigate(tabPath(tab), { replace: instead !== undefined });
    return tab;
  } catch (err) {
    toastError(`No terminal could be opened on ${node}`, err);
    return null;
  }
}

/** Starts a terminal on the same machine and shows it at a side. False: there is no room for it. */
export async function openBeside(tab: Tab, side: Side, account?: string): Promise<boolean> {
  const split = splitOf(tab);
  if (split && leaves(split).length >= MAX_PANES) return false;
  const made = await openTerminal(tab.node, account);
  return made === null || place(made, tab, side);
}
