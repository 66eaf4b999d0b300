import { Terminal } from "@xterm/headless";
import { expect, it } from "vitest";
import { guard } from "./guard";

it("erasing up to the last cell erases all, and the emulator goes on", async () => {
  const term = new Terminal({ cols: 10, rows: 3, allowProposedApi: true });
  guard(term as unknown as Parameters<typeof guard>[0]);
  const write = (text: string) => new Promise<void>((done) => term.write(text, done));
  await write("one\r\ntwo\r\nthree");
  await write("\x1b[3;10H\x1b[1J");
  await write("\x1b[1;1Hgoes on");
  const lines = [0, 1, 2].map((y) => term.buffer.active.getLine(y)?.translateToString(true));
  expect(lines).toEqual(["goes on", "", ""]);
  // Elsewhere it does what it always did.
  await write("\x1b[1;5H\x1b[1J");
  expect(term.buffer.active.getLine(0)?.translateToString(true)).toBe("     on");
  term.dispose();
});
