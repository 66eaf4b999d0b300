import { expect, it } from "vitest";
import { backoff } from "./backoff";

it("grows from 1 s to 30 s and stays there", () => {
  const waits = [0, 1, 2, 3, 4, 5, 6, 50].map((n) => backoff(n, () => 0.5));
  expect(waits).toEqual([1000, 2000, 4000, 8000, 16000, 30000, 30000, 30000]);
});

it("is spread, within its bounds", () => {
  for (let n = 0; n < 12; n++) {
    for (const random of [0, 0.25, 0.999]) {
      const wait = backoff(n, () => random);
      expect(wait).toBeGreaterThanOrEqual(1_000);
      expect(wait).toBeLessThanOrEqual(30_000);
    }
  }
  expect(backoff(3, () => 0)).not.toBe(backoff(3, () => 1));
});
