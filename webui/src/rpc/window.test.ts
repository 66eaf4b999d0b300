import { describe, expect, it } from "vitest";
import { INITIAL_LIMITS } from "./socket";
import { Window, windowFor } from "./window";

const MOST = INITIAL_LIMITS.maxWindowBytes;

/** A reader that uses up rate bytes a millisecond of a sender that always has more. */
function flooded(rate: number, rttMs: number, lastsMs = 3_000): number {
  const window = new Window(INITIAL_LIMITS);
  const credits = new Map<number, number>(); // by when they reach the sender
  let sent = 0;
  let used = 0;
  let granted = INITIAL_LIMITS.windowBytes;
  for (let now = 0; now < lastsMs; now++) {
    granted = Math.max(granted, credits.get(now) ?? 0);
    if (used === sent && sent < granted) window.arrived(now, rttMs);
    sent = granted; // a credit's way and the data's are one round trip
    const n = Math.min(sent - used, rate);
    if (n > 0) {
      used += n;
      window.consumed(n, now, rttMs);
    }
    credits.set(now + Math.max(rttMs, 1), used + window.size(rttMs));
  }
  return window.size(rttMs);
}

describe("windowFor", () => {
  it("is what the reader takes in a round trip and 25 ms, within bounds", () => {
    expect(windowFor(10_000, 1, MOST)).toBe(260_000);
    expect(windowFor(10_000, 60, MOST)).toBe(850_000);
    expect(windowFor(100, 1, MOST)).toBe(64 << 10);
    expect(windowFor(100_000, 60, MOST)).toBe(MOST);
  });
});

describe("Window", () => {
  it("comes to the reader's pace", () => {
    expect(flooded(10_000, 1)).toBeGreaterThan(230_000);
    expect(flooded(10_000, 1)).toBeLessThan(290_000);
    expect(flooded(10_000, 60)).toBeGreaterThan(760_000);
    expect(flooded(10_000, 60)).toBeLessThan(940_000);
    expect(flooded(1_000, 20)).toBe(64 << 10);
  });

  it("grows when it is itself what holds the reader up", () => {
    expect(flooded(60_000, 60)).toBe(MOST);
  });

  it("learns nothing from keystrokes with pauses between them", () => {
    const window = new Window(INITIAL_LIMITS);
    for (let now = 100; now < 10_000; now += 100) {
      window.arrived(now, 1);
      window.consumed(1, now + 1, 1);
    }
    expect(window.size(1)).toBe(INITIAL_LIMITS.windowBytes);
  });

  it("stays as it began while the round trip is not known", () => {
    expect(flooded(10_000, 1)).not.toBe(INITIAL_LIMITS.windowBytes);
    const window = new Window(INITIAL_LIMITS);
    window.arrived(0, null);
    for (let now = 0; now < 1_000; now++) window.consumed(10_000, now, null);
    expect(window.size(null)).toBe(INITIAL_LIMITS.windowBytes);
  });
});
