import { describe, expect, it } from "vitest";
import { Lines, MOST_LINES } from "./ansi";

const read = (...pieces: string[]) => {
  const lines = new Lines();
  for (const p of pieces) lines.add(new TextEncoder().encode(p));
  return lines;
};

describe("lines of a log", () => {
  it("have colours", () => {
    const { done, rest } = read("plain \x1b[1;31mred\x1b[0m and \x1b[38;5;196mx\x1b[38;2;1;2;3my\nrest");
    expect(done).toEqual([
      [{ text: "plain " }, { text: "red", bold: true, color: "var(--ansi-1)" }, { text: " and " }, { text: "x", color: "#ff0000" }, { text: "y", color: "#010203" }],
    ]);
    expect(rest).toEqual([{ text: "rest", color: "#010203" }]);
  });
  it("are the same in whatever pieces they come", () => {
    const text = "a\x1b[32mgrün\x1b[0m\x1b]0;title\x07b\n\x1b]8;;http://x\x1b\\link\x1b[2Jc\n";
    const whole = read(text).done;
    const bytes = new TextEncoder().encode(text);
    const lines = new Lines();
    for (const b of bytes) lines.add(Uint8Array.of(b));
    expect(lines.done).toEqual(whole);
    expect(whole[0]!.map((s) => s.text).join("")).toBe("agrünb");
    expect(whole[1]!.map((s) => s.text).join("")).toBe("linkc");
  });
  it("begin anew after a return, and not at the end of one", () => {
    const { done } = read("10%\r20%\r\nnext\r\n");
    expect(done.map((l) => l.map((s) => s.text).join(""))).toEqual(["20%", "next"]);
  });
  it("are bounded", () => {
    const lines = read("x\n".repeat(MOST_LINES + 2000), "y".repeat(10_000));
    expect(lines.done.length).toBeLessThanOrEqual(MOST_LINES + 500);
    expect(lines.dropped + lines.done.length).toBe(MOST_LINES + 2000);
    expect(lines.rest[0]!.text.length).toBeLessThan(10_000);
  });
});
