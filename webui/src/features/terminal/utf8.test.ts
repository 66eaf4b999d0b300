import { Terminal } from "@xterm/headless";
import { expect, it } from "vitest";
import { joined, unfinished } from "./utf8";

const bytes = (text: string) => new TextEncoder().encode(text);

it("a character is unfinished until its last byte is there", () => {
  for (const text of ["é", "—", "漢", "😀", "a😀", "é—"]) {
    const all = bytes(text);
    const last = bytes([...text].at(-1)!).length;
    for (let n = 0; n < last; n++) {
      expect(unfinished(all.subarray(0, all.length - last + n))).toBe(n);
    }
    expect(unfinished(all)).toBe(0);
  }
});

it("what is no text is not waited for", () => {
  for (const text of [[], [0x80], [0x80, 0x80, 0x80, 0x80], [0x61, 0x80]]) {
    expect(unfinished(Uint8Array.from(text))).toBe(0);
  }
});

// The fault that this is for: without it the dash is lost.
it("a dash that comes in two pieces is shown", async () => {
  const term = new Terminal({ cols: 20, rows: 2, allowProposedApi: true });
  const write = (b: Uint8Array) => new Promise<void>((done) => term.write(b, done));
  const text = bytes("a—b");
  for (let cut = 1; cut < text.length; cut++) {
    term.reset();
    const first = text.subarray(0, cut);
    const held = unfinished(first);
    await write(first.subarray(0, cut - held));
    await write(joined(first.subarray(cut - held), text.subarray(cut)));
    expect(term.buffer.active.getLine(0)?.translateToString(true)).toBe("a—b");
  }
  term.dispose();
});
