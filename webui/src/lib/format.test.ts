import { expect, it } from "vitest";
import { ago, seen } from "./format";

const now = Date.parse("2026-03-01T12:00:00Z");
const before = (seconds: number) => new Date(now - seconds * 1000).toISOString();

it("says roughly how long ago something was", () => {
  expect(ago(before(43), now)).toBe("just now");
  expect(ago(before(61), now)).toBe("1 minute ago");
  expect(ago(before(3 * 86_400), now)).toBe("3 days ago");
  expect(ago("nonsense", now)).toBe("at an unknown time");
});

it("says to the second when a machine was seen, while that is seconds ago", () => {
  expect(seen(before(0), now)).toBe("just now");
  expect(seen(before(43), now)).toBe("43 seconds ago");
  expect(seen(before(60), now)).toBe("1 minute ago");
  expect(seen("nonsense", now)).toBe("at an unknown time");
});
