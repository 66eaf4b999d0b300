import { describe, expect, it } from "vitest";
import type { Job, Run } from "@/gen/api";
import { runsOf, withJob, withRun } from "./list";

const job = (node: string, id: string, name = id) => ({ node, id, name }) as Job;
const run = (id: string, at: string, state: Run["state"] = "queued", seq = 1) =>
  ({ node: "den", job: "tidy", id, state, queuedAt: at, seq }) as Run;

describe("jobs", () => {
  it("are in the order of machines and names, and go when they are removed", () => {
    const all = withJob([job("den", "b"), job("nas", "a")], job("den", "c", "A first"));
    expect(all.map((j) => j.id)).toEqual(["c", "b", "a"]);
    expect(withJob(all, { ...job("den", "b"), removed: true }).map((j) => j.id)).toEqual(["c", "a"]);
    expect(withJob(all, { ...job("nas", "b"), removed: true })).toHaveLength(3);
  });
});

describe("runs", () => {
  const first = run("one", "2026-01-01T10:00:00Z");
  it("are the latest first", () => {
    const all = withRun([first], run("two", "2026-01-01T11:00:00Z"));
    expect(all.map((r) => r.id)).toEqual(["two", "one"]);
    expect(runsOf(all, { node: "den", id: "tidy" })).toHaveLength(2);
    expect(runsOf(all, { node: "nas", id: "tidy" })).toEqual([]);
  });
  it("never go back from done", () => {
    const done = withRun([first], { ...first, state: "done" });
    expect(withRun(done, { ...first, state: "running" })[0]!.state).toBe("done");
    expect(withRun(done, { ...first, state: "removed" })).toEqual([]);
  });
});
