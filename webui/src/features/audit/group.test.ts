import { expect, it } from "vitest";
import type { Entry } from "@/gen/api";
import { grouped } from "./group";

let seq = 0;
const entry = (more: Partial<Entry>) =>
  ({ seq: ++seq, at: "2026-03-01T12:00:00", person: "Olivia", deviceId: "d1", decision: "allowed", reason: "", ...more }) as Entry;
const look = (at: string, more: Partial<Entry> = {}) =>
  entry({ method: "terminal.session.attach", target: "den/1", at: `2026-03-01T${at}:00`, ...more });

it("has what repeats itself once, with its number and both times", () => {
  const all = [look("12:03"), look("12:02"), look("12:01")];
  expect(grouped(all)).toEqual([{ entry: all[0], count: 3, since: "2026-03-01T12:01:00" }]);
});

it("keeps the order: what came in between parts a group", () => {
  const all = [look("12:03"), entry({ method: "terminal.session.start" }), look("12:01")];
  expect(grouped(all).map((g) => [g.entry.method, g.count])).toEqual([
    ["terminal.session.attach", 1],
    ["terminal.session.start", 1],
    ["terminal.session.attach", 1],
  ]);
});

it("tells apart who, from where, to what, and how it went", () => {
  for (const other of [{ person: "Max" }, { deviceId: "d2" }, { target: "den/2" }, { decision: "denied" }, { reason: "no" }]) {
    expect(grouped([look("12:02"), look("12:01", other)])).toHaveLength(2);
  }
  expect(grouped([look("00:01"), look("00:00", { at: "2026-02-28T23:59:00" })])).toHaveLength(2);
  expect(grouped([])).toEqual([]);
});
