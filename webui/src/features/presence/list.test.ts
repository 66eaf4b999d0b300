import { expect, it } from "vitest";
import type { Machine } from "@/gen/api";
import { withMachine } from "./list";

const machine = (device: string, name: string, more: Partial<Machine> = {}) => ({ device, name, ...more }) as Machine;
const names = (all: Machine[]) => all.map((m) => m.name);

const den = machine("d1", "den");
const nas = machine("d2", "nas");

it("has a new machine in its place", () => {
  expect(names(withMachine([nas], den))).toEqual(["den", "nas"]);
});

it("has a machine as it is now, once", () => {
  const now = machine("d1", "den", { online: true });
  expect(withMachine([den, nas], now)).toEqual([now, nas]);
  expect(withMachine([now, nas], now)).toEqual([now, nas]);
});

it("drops a machine that was removed, and no other", () => {
  const gone = machine("d1", "den", { removed: true });
  expect(withMachine([den, nas], gone)).toEqual([nas]);
  expect(withMachine([nas], gone)).toEqual([nas]);
});

it("keeps a machine that is offline and was paired by nobody knows when", () => {
  expect(withMachine([], machine("d1", "den", { online: false, pairedAt: "0001-01-01T00:00:00Z" }))).toHaveLength(1);
});

it("shows a machine that was renamed under its new name alone", () => {
  const was = machine("d1", "den", { removed: true });
  const is = machine("d1", "study");
  expect(names(withMachine(withMachine([den, nas], was), is))).toEqual(["nas", "study"]);
  // A list that was read after the change, with the events that came meanwhile.
  expect(names(withMachine([nas, is], was))).toEqual(["nas", "study"]);
});

it("tells a machine from another one that has its name now", () => {
  const other = machine("d3", "den");
  expect(withMachine([other], machine("d1", "den", { removed: true }))).toEqual([other]);
});
