import { describe, expect, it } from "vitest";
import { cellsIn, fontFor } from "./scale";

const cell = { width: 8, height: 18 }; // at 14 pixels

it("counts the cells that fit beside the scroll bar", () => {
  expect(cellsIn({ width: 814, height: 450 }, cell)).toEqual({ cols: 100, rows: 25 });
  expect(cellsIn({ width: 1, height: 1 }, cell)).toEqual({ cols: 2, rows: 1 });
});

describe("text for another's size", () => {
  const place = { width: 814, height: 490 };
  it("keeps its own size where it fits", () => {
    expect(fontFor({ cols: 80, rows: 24 }, place, cell, 14)).toBe(14);
    expect(fontFor({ cols: 100, rows: 25 }, place, cell, 14)).toBe(14);
  });
  it("is smaller where it does not", () => {
    expect(fontFor({ cols: 140, rows: 25 }, place, cell, 14)).toBe(10);
    expect(fontFor({ cols: 80, rows: 50 }, place, cell, 14)).toBe(7);
  });
  it("stays readable, and is scrolled then", () => {
    expect(fontFor({ cols: 400, rows: 25 }, place, cell, 14)).toBe(7);
  });
  it("is never larger than somebody chose", () => {
    expect(fontFor({ cols: 10, rows: 5 }, place, cell, 6)).toBe(6);
  });
});
