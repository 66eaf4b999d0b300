import { expect, it } from "vitest";
import { summary } from "./summary";

const machines = (...online: boolean[]) => online.map((is) => ({ online: is }));

it("says in a grammatical sentence how many machines are online", () => {
  expect(summary(machines(true))).toBe("Your machine is online.");
  expect(summary(machines(false))).toBe("Your machine is offline.");
  expect(summary(machines(true, true))).toBe("Both machines are online.");
  expect(summary(machines(true, false))).toBe("1 of 2 machines is online.");
  expect(summary(machines(true, true, false))).toBe("2 of 3 machines are online.");
  expect(summary(machines(true, true, true))).toBe("All 3 machines are online.");
  expect(summary(machines(false, false))).toBe("No machine is online right now.");
});
