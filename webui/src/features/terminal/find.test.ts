import { describe, expect, it } from "vitest";
import type { Session } from "@/gen/api";
import { divided, finder, groupNames, inUseOrder, searchText } from "./find";

const session = (more: Partial<Session>): Session => ({
  id: "s1",
  node: "den",
  name: "bash",
  group: "",
  icon: "terminal",
  command: ["/bin/bash"],
  dir: "/home/pi",
  cwd: "/srv/photos",
  account: "pi",
  cols: 80,
  rows: 24,
  state: "running",
  startedAt: "2026-01-01T10:00:00Z",
  startedBy: "Olivia on olivia-laptop",
  starter: "",
  control: null,
  endedAt: null,
  exitCode: null,
  endsAt: null,
  recording: null,
  attention: { bells: 0, command: null, last: null, notices: 0 },
  viewers: 0,
  people: [{ key: "k", name: "Max", device: "max-tablet" }],
  offset: 0,
  title: "vim notes",
  ...more,
});

describe("finding terminals", () => {
  it("looks at all that people know of one", () => {
    for (const query of ["BASH", "vim", "photos", "olivia", "max tablet", "den running", "  "])
      expect(finder(query)(searchText(session({}))), query).toBe(true);
    expect(finder("den nas")(searchText(session({})))).toBe(false);
    expect(finder("htop")(searchText(session({}), "htop"))).toBe(true);
  });

  it("lists those that run first, and the latest of them", () => {
    const old = session({ id: "old" });
    const ended = session({ id: "ended", state: "exited", startedAt: "2026-01-03T10:00:00Z" });
    const latest = session({ id: "latest", startedAt: "2026-01-02T10:00:00Z" });
    expect(inUseOrder([old, ended, latest]).map((s) => s.id)).toEqual(["latest", "old", "ended"]);
  });

  it("divides by machine or by group, without a group last", () => {
    const all = [session({ id: "a" }), session({ id: "b", group: "Work" }), session({ id: "c", node: "nas", group: "Media" })];
    expect(divided(all, "machine").map((d) => [d.heading, d.sessions.length])).toEqual([["den", 2], ["nas", 1]]);
    expect(divided(all, "group").map((d) => d.heading)).toEqual(["Media", "Work", ""]);
    expect(groupNames(all)).toEqual(["Media", "Work"]);
  });
});
