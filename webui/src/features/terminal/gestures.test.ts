import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Recognizer, type Point } from "./gestures";

let did: string[];
let fingers: Recognizer;
const at = (clientX: number, clientY: number): Point => ({ clientX, clientY });

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (f: () => void) => setTimeout(f, 16));
  vi.stubGlobal("cancelAnimationFrame", clearTimeout);
  did = [];
  const note = (what: string) => (...args: unknown[]) => did.push([what, ...args.map((a) => (typeof a === "number" ? Math.round(a * 10) / 10 : ""))].join(" ").trim());
  fingers = new Recognizer({
    scroll: note("scroll"), swipe: note("swipe"), drawn: note("drawn"), press: note("press"),
    pressMoved: note("moved"), pinch: note("pinch"), pinched: note("pinched"),
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it("leaves a tap to the browser", () => {
  fingers.start([at(10, 10)], 0);
  expect(fingers.move([at(13, 12)], 20)).toBe(false);
  expect(fingers.end(0)).toBe(false);
  vi.advanceTimersByTime(2_000);
  expect(did).toEqual([]);
});

it("scrolls with a finger that goes up or down, and glides after it", () => {
  fingers.start([at(10, 100)], 0);
  expect(fingers.move([at(12, 80)], 20)).toBe(true);
  expect(fingers.move([at(90, 60)], 40)).toBe(true); // the way it set out counts
  fingers.end(0);
  vi.advanceTimersByTime(5_000);
  expect(did.slice(0, 2)).toEqual(["scroll 20", "scroll 20"]);
  expect(did.length).toBeGreaterThan(10);
  expect(did.every((d) => d.startsWith("scroll"))).toBe(true);
});

it("swipes far enough or fast enough, else goes back", () => {
  const draw = (pixels: number, ms: number) => {
    fingers.start([at(200, 100)], 0);
    fingers.move([at(200 - pixels / 2, 100)], ms / 2);
    fingers.move([at(200 - pixels, 102)], ms);
    const clicks = !fingers.end(0);
    return [did.splice(0).at(-1), clicks];
  };
  expect(draw(100, 1_000)).toEqual(["swipe 1", false]);
  expect(draw(-100, 1_000)).toEqual(["swipe -1", false]);
  expect(draw(40, 40)).toEqual(["swipe 1", false]);
  expect(draw(40, 1_000)).toEqual(["drawn 0", false]);
});

it("presses with a finger that rests, and selects with it then", () => {
  fingers.start([at(10, 10)], 0);
  fingers.move([at(12, 10)], 100);
  vi.advanceTimersByTime(500);
  expect(fingers.move([at(60, 40)], 600)).toBe(true);
  expect(fingers.end(0)).toBe(true);
  expect(did).toEqual(["press", "moved"]);
});

it("pinches with two, and the one that is left does nothing", () => {
  fingers.start([at(100, 100)], 0);
  fingers.start([at(100, 100), at(100, 200)], 10);
  fingers.move([at(100, 100), at(100, 250)], 20);
  expect(fingers.end(1)).toBe(true);
  fingers.move([at(100, 10)], 40);
  fingers.end(0);
  vi.advanceTimersByTime(1_000);
  expect(did).toEqual(["pinch 1.5", "pinched 1.5"]);
});
