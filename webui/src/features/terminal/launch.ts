import type { Profile, Session, StartParams } from "@/gen/api";
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

/** What to start; its size is that of this window. */
type Wanted = Omit<StartParams, "cols" | "rows">;

/** Starts a terminal on a machine and shows it. Null: it failed, which a toast says. */
export async function openTerminal(node: string, account?: string, instead?: Tab): Promise<Tab | null> {
  return startTerminal({ node, ...(account ? { account } : {}) }, instead);
}

/** Starts a terminal that is more than a shell, and shows it. Null: it failed, which a toast says. */
export async function startTerminal(wanted: Wanted, instead?: Tab): Promise<Tab | null> {
  try {
    const started = await client.call("terminal.session.start", { ...wanted, ...likelySize() });
    const tab = { node: wanted.node, session: started.id };
    if (instead) {
      exchangeInSplit(instead, tab);
      replaceTab(instead, tab);
    } else addTab(tab);
    navigate(tabPath(tab), { replace: instead !== undefined });
    return tab;
  } catch (err) {
    toastError(`No terminal could be opened on ${wanted.node}`, err);
    return null;
  }
}

/** What a profile asks for, on a machine. */
export function fromProfile(p: Profile, node: string): Wanted {
  return {
    node,
    name: p.name,
    icon: p.icon,
    ...(p.dir ? { dir: p.dir } : {}),
    ...(p.command.length > 0 ? { command: p.command } : {}),
    ...(Object.keys(p.env).length > 0 ? { env: p.env } : {}),
    ...(p.account ? { account: p.account } : {}),
    ...(p.group ? { group: p.group } : {}),
    ...(p.record ? { record: true } : {}),
  };
}

/** Starts another terminal in the folder in which one is at this moment. */
export async function openInSameFolder(s: Session): Promise<void> {
  let dir = s.cwd || s.dir;
  try {
    // The list tells where it is by now; events do not follow each cd.
    const { sessions } = await client.call("terminal.session.list", { node: s.node });
    dir = sessions.find((o) => o.id === s.id)?.cwd || dir;
  } catch {
    // Where it was is the next best.
  }
  await startTerminal({ node: s.node, dir, account: s.account, ...(s.group ? { group: s.group } : {}) });
}

/** Starts a terminal on the same machine and shows it at a side. False: there is no room for it. */
export async function openBeside(tab: Tab, side: Side, account?: string): Promise<boolean> {
  const split = splitOf(tab);
  if (split && leaves(split).length >= MAX_PANES) return false;
  const made = await openTerminal(tab.node, account);
  return made === null || place(made, tab, side);
}
