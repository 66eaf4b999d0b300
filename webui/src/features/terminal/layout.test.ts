import { expect, it } from "vitest";
import { boxes, exchange, insert, isBranch, leaves, neighbour, nudge, resize, without, type Branch, type Layout, type Side } from "./layout";
import type { Tab } from "./tabs";

const tab = (name: string): Tab => ({ node: "den", session: name });
const [a, b, c, d] = ["a", "b", "c", "d"].map(tab) as [Tab, Tab, Tab, Tab];

/** Two above two. */
const four = insert(insert(insert(a, a, b, "right"), a, c, "down"), b, d, "down");

it("gives a new terminal half of the place of the one it stands beside", () => {
  expect(insert(a, a, b, "left")).toEqual({ way: "row", share: 0.5, first: b, second: a });
  expect(boxes(four).panes.map(({ tab: t, box }) => [t.session, box.x, box.y, box.w, box.h])).toEqual([
    ["a", 0, 0, 0.5, 0.5],
    ["c", 0, 0.5, 0.5, 0.5],
    ["b", 0.5, 0, 0.5, 0.5],
    ["d", 0.5, 0.5, 0.5, 0.5],
  ]);
});

it("gives the place of one that goes to its neighbour", () => {
  expect(leaves(without(four, c)!)).toEqual([a, b, d]);
  expect(without(insert(a, a, b, "down"), a)).toEqual(b);
  expect(without(a, a)).toBeNull();
});

it("finds the terminal in each direction", () => {
  const to = (from: Tab, side: Side) => neighbour(four, from, side)?.session;
  expect([to(a, "right"), to(a, "down"), to(d, "left"), to(d, "up")]).toEqual(["b", "c", "c", "b"]);
  expect([to(a, "left"), to(a, "up"), to(d, "right"), to(d, "down")]).toEqual([undefined, undefined, undefined, undefined]);
  const uneven = resize(four, "1", 0.8); // b is taller than a
  expect(neighbour(uneven, c, "right")).toEqual(b);
});

it("moves the nearest divider that runs across the direction", () => {
  const wider = nudge(four, d, "left", 0.1) as Branch;
  expect(wider.share).toBeCloseTo(0.4);
  const taller = nudge(four, d, "up", 0.1) as Branch;
  expect((taller.second as Branch).share).toBeCloseTo(0.4);
  expect((taller.first as Branch).share).toBe(0.5);
  expect(nudge(insert(a, a, b, "down"), a, "right", 0.1)).toEqual(insert(a, a, b, "down"));
  expect((resize(four, "", 7) as Branch).share).toBe(0.9);
});

it("puts one in another's place", () => {
  expect(leaves(exchange(insert(a, a, b, "right"), b, d))).toEqual([a, d]);
});

it("keeps the whole place shared out, whatever is done to it", () => {
  let seed = 7;
  const random = (n: number) => (seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff) % n;
  let layout: Layout = tab("0");
  for (let i = 1; i < 500; i++) {
    const all = leaves(layout);
    const one = all[random(all.length)]!;
    const side = (["left", "right", "up", "down"] as const)[random(4)]!;
    if (all.length < 6 && random(2)) layout = insert(layout, one, tab(`${i}`), side);
    else if (random(2)) layout = nudge(layout, one, side, random(50) / 100);
    else layout = without(layout, one) ?? layout;
    const { panes, dividers } = boxes(layout);
    expect(panes.reduce((sum, { box }) => sum + box.w * box.h, 0)).toBeCloseTo(1);
    expect(dividers.length).toBe(panes.length - 1);
    expect(panes.every(({ box }) => box.w > 0 && box.h > 0)).toBe(true);
  }
  expect(isBranch(layout) || leaves(layout).length === 1).toBe(true);
});
