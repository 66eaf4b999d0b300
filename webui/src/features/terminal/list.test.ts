import { expect, it } from "vitest";
import type { Session } from "@/gen/api";
import { withSession } from "./list";

const session = (node: string, id: string, state: Session["state"] = "running") => ({ node, id, state }) as Session;

const a = session("den", "a");
const b = session("den", "b");

it("adds a terminal that is new, at the end", () => {
  expect(withSession([a], b)).toEqual([a, b]);
});

it("has a terminal as it is now, in its place", () => {
  const ended = session("den", "a", "exited");
  expect(withSession([a, b], ended)).toEqual([ended, b]);
});

it("drops a terminal that was removed, however often that is said", () => {
  const gone = session("den", "a", "removed");
  expect(withSession([a, b], gone)).toEqual([b]);
  expect(withSession([b], gone)).toEqual([b]);
});

it("tells a terminal from one with its id on another machine", () => {
  expect(withSession([a, b], session("nas", "a", "removed"))).toEqual([a, b]);
});
