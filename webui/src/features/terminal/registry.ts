import { OpenTerminal } from "./terminal";
import { sameTab, tabs, type Tab } from "./tabs";
import { noteTitle } from "./titles";

const open = new Map<string, OpenTerminal>();

function key(tab: Tab): string {
  return `${tab.node}/${tab.session}`;
}

/** The terminal of a tab; made at first use, gone when its tab is closed. */
export function terminalFor(tab: Tab): OpenTerminal {
  const known = open.get(key(tab));
  if (known) return known;
  const made = new OpenTerminal(tab);
  open.set(key(tab), made);
  made.title.subscribe(() => noteTitle(tab, made.title.get()));
  return made;
}

tabs.subscribe(() => {
  for (const [name, terminal] of open) {
    if (tabs.get().some((t) => sameTab(t, terminal.tab))) continue;
    open.delete(name);
    terminal.dispose();
    noteTitle(terminal.tab, "");
  }
});
