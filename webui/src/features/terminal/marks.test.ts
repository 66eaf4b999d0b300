import { Terminal } from "@xterm/headless";
import { expect, it } from "vitest";
import { commandText, Marks, outputText, standing } from "./marks";

type Term = ConstructorParameters<typeof Marks>[0];

function start(cols = 40): { term: Term; marks: Marks; write: (text: string) => Promise<void> } {
  const term = new Terminal({ cols, rows: 6, scrollback: 1000, allowProposedApi: true }) as unknown as Term;
  const write = (text: string) => new Promise<void>((done) => term.write(text.replaceAll("\n", "\r\n"), done));
  return { term, marks: new Marks(term), write };
}

const prompt = "\x1b]133;A\x07$ \x1b]133;B\x07";
const ran = (command: string, output: string, exit: number) => `${prompt}${command}\n\x1b]133;C\x07${output}\x1b]133;D;${exit}\x07`;

function all(term: Term, marks: Marks) {
  return marks.commands.map((c) => [commandText(term, c), outputText(term, c), standing(c), c.exit]);
}

it("knows what was run, what it printed and how it ended", async () => {
  const { term, marks, write } = start();
  const long = "0123456789".repeat(7);
  await write(ran("echo hi", "hi\n", 0) + ran("cat long", `${long}\nend\n`, 2) + ran("true", "", 0) + `${prompt}sleep 9\n\x1b]133;C\x07going`);
  const want = [
    ["echo hi", "hi\n", "done", 0],
    ["cat long", `${long}\nend\n`, "failed", 2],
    ["true", "", "done", 0],
    ["sleep 9", "going", "running", null],
  ];
  expect(all(term, marks)).toEqual(want);
  term.resize(23, 6);
  expect(all(term, marks)).toEqual(want);
});

it("takes a prompt that is drawn anew for the same, and leaves out one at the right", async () => {
  const { term, marks, write } = start(30);
  await write(`${prompt}\r${prompt}ls    x\x1b[26Gright\n\x1b]133;C\x07out\n\x1b]133;D;0\x07${prompt}`);
  expect(all(term, marks)).toEqual([
    ["ls    x", "out\n", "done", 0],
    ["", "", "typing", null],
  ]);
});

it("has the marks of a state back", async () => {
  const { term, marks, write } = start();
  await write("$ echo hi\nhi\n$ ");
  marks.restore("D0,0,9 A0,0 B0,2 C1,0 D2,0,3 A2,0 B2,2 A99,0");
  expect(all(term, marks)).toEqual([
    ["echo hi", "hi\n", "failed", 3],
    ["", "", "typing", null],
  ]);
  await write("\x1b[?1049h");
  marks.restore(""); // says nothing
  await write(`${ran("in vim", "x", 0)}\x1b[?1049l`);
  expect(marks.commands.length).toBe(2); // a program's own screen has no prompts
  await write("\x1bc");
  expect(marks.commands).toEqual([]);
});
