import { Store } from "@/lib/store";

/** A terminal that is open in this browser tab. */
export interface Tab {
  node: string;
  session: string;
}

const KEY = "homie.tabs";

export const tabs = new Store<Tab[]>(stored());

/** The terminal that was looked at last. */
export const lastTab = new Store<Tab | null>(null);

export function sameTab(a: Tab, b: Tab): boolean {
  return a.node === b.node && a.session === b.session;
}

export function tabPath(tab: Tab): string {
  return `/terminal/${encodeURIComponent(tab.node)}/${encodeURIComponent(tab.session)}`;
}

export function addTab(tab: Tab): void {
  if (!tabs.get().some((t) => sameTab(t, tab))) save([...tabs.get(), tab]);
}

/** Removes a tab and returns the one beside it, if any. */
export function removeTab(tab: Tab): Tab | undefined {
  const all = tabs.get();
  const at = all.findIndex((t) => sameTab(t, tab));
  if (at < 0) return undefined;
  save(all.filter((_, i) => i !== at));
  return all[at + 1] ?? all[at - 1];
}

/** Moves a tab to the place of another one; those between make room. */
export function moveTab(tab: Tab, to: Tab): void {
  const all = tabs.get();
  const from = all.findIndex((t) => sameTab(t, tab));
  const at = all.findIndex((t) => sameTab(t, to));
  if (from < 0 || at < 0 || from === at) return;
  const rest = all.filter((_, i) => i !== from);
  save([...rest.slice(0, at), all[from]!, ...rest.slice(at)]);
}

/** Puts another terminal in a tab's place. */
export function replaceTab(tab: Tab, by: Tab): void {
  save(tabs.get().map((t) => (sameTab(t, tab) ? by : t)));
}

function save(next: Tab[]): void {
  tabs.set(next);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // They last until the page is closed, then.
  }
}

function stored(): Tab[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter(isTab) : [];
  } catch {
    return [];
  }
}

export function isTab(value: unknown): value is Tab {
  const tab = value as Tab | null;
  return typeof tab?.node === "string" && typeof tab.session === "string";
}
