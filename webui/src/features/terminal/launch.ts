import { client } from "@/app/client";
import { toastError } from "@/components/ui/toast";
import { navigate } from "@/lib/router";
import { addTab, replaceTab, tabPath, type Tab } from "./tabs";

/** A guess of the size; the first fit of the terminal corrects it. */
function likelySize(): { cols: number; rows: number } {
  const cols = Math.floor((window.innerWidth - 24) / 8);
  const rows = Math.floor((window.innerHeight - 140) / 18);
  return { cols: Math.min(300, Math.max(20, cols)), rows: Math.min(120, Math.max(5, rows)) };
}

/** Starts a terminal on a machine and shows it. Failures are shown as toasts. */
export async function openTerminal(node: string, account?: string, instead?: Tab): Promise<void> {
  try {
    const started = await client.call("terminal.session.start", {
      node,
      ...(account ? { account } : {}),
      ...likelySize(),
    });
    const tab = { node, session: started.id };
    if (instead) replaceTab(instead, tab);
    else addTab(tab);
    navigate(tabPath(tab), { replace: instead !== undefined });
  } catch (err) {
    toastError(`No terminal could be opened on ${node}`, err);
  }
}
