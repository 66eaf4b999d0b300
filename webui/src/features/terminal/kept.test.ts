import { describe, expect, it } from "vitest";
import { withKept } from "./list";
import { byUse } from "./recent";

interface Thing {
  id: string;
  name: string;
  removed?: boolean;
}

describe("a list of what is kept", () => {
  const a: Thing = { id: "1", name: "alpha" };
  const b: Thing = { id: "2", name: "Beta" };
  it("takes what is new in the order of names", () => expect(withKept([b], a)).toEqual([a, b]));
  it("replaces what has changed", () => expect(withKept([a, b], { id: "1", name: "gamma" }).map((v) => v.name)).toEqual(["Beta", "gamma"]));
  it("lets go of what is removed", () => expect(withKept([a, b], { ...b, removed: true })).toEqual([a]));
  it("is the same after the same event", () => expect(withKept(withKept<Thing>([], a), a)).toEqual([a]));
});

it("what was used last comes first", () => {
  expect(byUse(["a", "b", "c"], (k) => k, ["c", "x", "b"])).toEqual(["c", "b", "a"]);
});
