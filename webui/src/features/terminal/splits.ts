import { Store } from "@/lib/store";
import { MAX_PANES, exchange, has, insert, isBranch, leaves, without, type Branch, type Layout, type Side } from "./layout";
import { isTab, sameTab, tabs, type Tab } from "./tabs";

const KEY = "homie.splits";
const DEEPEST = 2 * MAX_PANES;

/** The open terminals that are shown together, in this browser tab. A terminal is in one of them at most. */
export const splits = new Store<Branch[]>(stored());

/** Whether only the terminal that has the focus is shown of its split. */
export const zoomed = new Store(false);

/** A tab that is being dragged. */
export const dragged = new Store<Tab | null>(null);

/** What is shown with a terminal; null: it stands alone. */
export function splitOf(tab: Tab, all = splits.get()): Branch | null {
  return all.find((s) => has(s, tab)) ?? null;
}

/** Shows a terminal at a side of another one, taken from where it was. False: there is no room. */
export function place(tab: Tab, beside: Tab, side: Side): boolean {
  if (sameTab(tab, beside)) return false;
  const rest = cleared(splits.get(), [tab]);
  const into = splitOf(beside, rest) ?? beside;
  if (leaves(into).length >= MAX_PANES) return false;
  const next = insert(into, beside, tab, side);
  if (!isBranch(next)) return false;
  save([...rest.filter((s) => s !== into), next]);
  zoomed.set(false);
  return true;
}

/** Lets a terminal stand alone. */
export function takeOut(tab: Tab): void {
  save(cleared(splits.get(), [tab]));
}

/** Puts a changed layout in the place of what it was. */
export function rearrange(old: Branch, next: Layout): void {
  if (isBranch(next)) save(splits.get().map((s) => (s === old ? next : s)));
}

/** Puts another terminal in the place of one. Call before the tabs change. */
export function exchangeInSplit(tab: Tab, by: Tab): void {
  save(splits.get().map((s) => exchange(s, tab, by) as Branch));
}

function cleared(all: Branch[], gone: Tab[]): Branch[] {
  return all.flatMap((split) => {
    const left = gone.reduce<Layout | null>((rest, tab) => rest && without(rest, tab), split);
    return left && isBranch(left) ? [left] : [];
  });
}

/** What is closed is shown nowhere. */
function prune(): void {
  const open = tabs.get();
  const gone = splits.get().flatMap(leaves).filter((t) => !open.some((o) => sameTab(o, t)));
  if (gone.length > 0) save(cleared(splits.get(), gone));
}

tabs.subscribe(prune);

function save(next: Branch[]): void {
  splits.set(next);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // They last until the page is closed, then.
  }
}

function stored(): Branch[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    const all = Array.isArray(value) ? value.map((v) => checked(v, DEEPEST)) : [];
    const open = tabs.get();
    const gone = all.flatMap((s) => (s ? leaves(s) : [])).filter((t) => !open.some((o) => sameTab(o, t)));
    return cleared(all.filter((s): s is Branch => s !== null && isBranch(s)), gone);
  } catch {
    return [];
  }
}

/** A layout as it was stored, or null if that is none. */
function checked(value: unknown, deep: number): Layout | null {
  if (isTab(value)) return { node: value.node, session: value.session };
  const { way, share, first, second } = (value ?? {}) as Partial<Branch>;
  if (deep === 0 || (way !== "row" && way !== "column") || typeof share !== "number" || !(share > 0 && share < 1)) return null;
  const one = checked(first, deep - 1);
  const two = checked(second, deep - 1);
  return one && two && { way, share, first: one, second: two };
}
