import { expect, it } from "vitest";
import { PictureFinder } from "./images";

const bytes = (text: string) => Uint8Array.from(text, (c) => c.charCodeAt(0));

it("finds the beginning of a picture wherever the output is cut", () => {
  for (const start of ["\x1bP0;1;0q", "\x1bPq", "\x1b]1337;"]) {
    const all = `some text ${start}"1;1;10;10#0`;
    for (let cut = 0; cut <= all.length; cut++) {
      const finder = new PictureFinder();
      const first = finder.sees(bytes(all.slice(0, cut)));
      // What begins in the second piece is found before that is written.
      expect(first || finder.sees(bytes(all.slice(cut)))).toBe(true);
    }
  }
});

it("takes nothing else for one", () => {
  const finder = new PictureFinder();
  for (const text of ["plain", "\x1b[31mred", "\x1b]0;title\x07", "\x1bP$qm\x1b\\", "\x1b]133;A\x07", "\x1b]8;;http://x\x07", "\x1bP+q544e\x1b\\"]) {
    expect(finder.sees(bytes(text))).toBe(false);
  }
});
