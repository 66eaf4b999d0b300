import { sameTab, type Tab } from "./tabs";

/** Terminals that are shown together: one, or two parts that share the place. */
export type Layout = Tab | Branch;

/** Two parts beside each other (row) or one above the other (column). */
export interface Branch {
  way: "row" | "column";
  /** How much of the place the first part has, between 0 and 1. */
  share: number;
  first: Layout;
  second: Layout;
}

/** A side of a terminal, and a direction from it. */
export type Side = "left" | "right" | "up" | "down";

/** A place within the whole, in fractions of it. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** The line between two parts. Path leads to its branch: 0 is first, 1 second. */
export interface Divider {
  path: string;
  branch: Branch;
  box: Box;
}

/** More terminals than this are not shown together: browsers draw so many well. */
export const MAX_PANES = 8;
const LEAST = 0.1;

export function isBranch(layout: Layout): layout is Branch {
  return "way" in layout;
}

/** The terminals of a layout, in reading order. */
export function leaves(layout: Layout): Tab[] {
  return isBranch(layout) ? [...leaves(layout.first), ...leaves(layout.second)] : [layout];
}

export function has(layout: Layout, tab: Tab): boolean {
  return leaves(layout).some((t) => sameTab(t, tab));
}

/** Puts a terminal at a side of another, which gives it half of its place. */
export function insert(layout: Layout, at: Tab, tab: Tab, side: Side): Layout {
  return map(layout, at, (old) => {
    const before = side === "left" || side === "up";
    const way = side === "left" || side === "right" ? "row" : "column";
    return { way, share: 0.5, first: before ? tab : old, second: before ? old : tab };
  });
}

/** Puts another terminal in the place of one. */
export function exchange(layout: Layout, tab: Tab, by: Tab): Layout {
  return map(layout, tab, () => by);
}

/** The layout without a terminal, whose neighbour gets its place; null if it was all. */
export function without(layout: Layout, tab: Tab): Layout | null {
  if (!isBranch(layout)) return sameTab(layout, tab) ? null : layout;
  const first = without(layout.first, tab);
  const second = without(layout.second, tab);
  if (!first || !second) return first ?? second;
  return first === layout.first && second === layout.second ? layout : { ...layout, first, second };
}

/** Moves the divider of the branch at path. */
export function resize(layout: Layout, path: string, share: number): Layout {
  if (!isBranch(layout)) return layout;
  if (path === "") return { ...layout, share: Math.min(1 - LEAST, Math.max(LEAST, share)) };
  const part = path[0] === "0" ? "first" : "second";
  return { ...layout, [part]: resize(layout[part], path.slice(1), share) };
}

/** Moves the divider that is nearest to a terminal, of those that run across a direction. */
export function nudge(layout: Layout, tab: Tab, to: Side, by: number): Layout {
  const way = to === "left" || to === "right" ? "row" : "column";
  let path: string | null = null;
  let at: Layout = layout;
  for (let here = ""; isBranch(at); ) {
    if (at.way === way) path = here;
    const first: boolean = has(at.first, tab);
    here += first ? "0" : "1";
    at = first ? at.first : at.second;
  }
  const branch = path === null ? null : follow(layout, path);
  if (path === null || !branch || !isBranch(branch)) return layout;
  return resize(layout, path, branch.share + (to === "left" || to === "up" ? -by : by));
}

function follow(layout: Layout, path: string): Layout {
  let at = layout;
  for (const step of path) if (isBranch(at)) at = step === "0" ? at.first : at.second;
  return at;
}

/** Where everything is. */
export function boxes(layout: Layout): { panes: { tab: Tab; box: Box }[]; dividers: Divider[] } {
  const panes: { tab: Tab; box: Box }[] = [];
  const dividers: Divider[] = [];
  const walk = (part: Layout, box: Box, path: string) => {
    if (!isBranch(part)) {
      panes.push({ tab: part, box });
      return;
    }
    const { x, y, w, h } = box;
    dividers.push({ path, branch: part, box });
    const row = part.way === "row";
    const cut = (row ? w : h) * part.share;
    walk(part.first, row ? { x, y, w: cut, h } : { x, y, w, h: cut }, `${path}0`);
    walk(part.second, row ? { x: x + cut, y, w: w - cut, h } : { x, y: y + cut, w, h: h - cut }, `${path}1`);
  };
  walk(layout, { x: 0, y: 0, w: 1, h: 1 }, "");
  return { panes, dividers };
}

/** The terminal next to one in a direction: the one that touches most of its edge. */
export function neighbour(layout: Layout, tab: Tab, to: Side): Tab | undefined {
  const { panes } = boxes(layout);
  const from = panes.find((p) => sameTab(p.tab, tab))?.box;
  if (!from) return undefined;
  const near = (a: number, b: number) => Math.abs(a - b) < 1e-6;
  const overlap = (a: number, al: number, b: number, bl: number) => Math.min(a + al, b + bl) - Math.max(a, b);
  let best: Tab | undefined;
  let most = 1e-6;
  for (const { tab: other, box } of panes) {
    const touches =
      to === "left" ? near(box.x + box.w, from.x)
      : to === "right" ? near(box.x, from.x + from.w)
      : to === "up" ? near(box.y + box.h, from.y)
      : near(box.y, from.y + from.h);
    const shared =
      to === "left" || to === "right" ? overlap(box.y, box.h, from.y, from.h) : overlap(box.x, box.w, from.x, from.w);
    if (!touches || shared <= most) continue;
    best = other;
    most = shared;
  }
  return best;
}

function map(layout: Layout, tab: Tab, change: (leaf: Tab) => Layout): Layout {
  if (!isBranch(layout)) return sameTab(layout, tab) ? change(layout) : layout;
  return { ...layout, first: map(layout.first, tab, change), second: map(layout.second, tab, change) };
}
