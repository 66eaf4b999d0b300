import { expect, it } from "vitest";
import { covers } from "./covers";

it("patterns cover what they name", () => {
  expect(covers("*:*", "terminal:write")).toBe(true);
  expect(covers("terminal:*", "terminal:read")).toBe(true);
  expect(covers("terminal:read", "terminal:write")).toBe(false);
  expect(covers("terminal:*", "presence:read")).toBe(false);
  expect(covers("presence:read", "presence:read")).toBe(true);
});
