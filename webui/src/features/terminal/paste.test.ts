import { beforeEach, describe, expect, it } from "vitest";
import { harmless, linesOf, pasteInto, pasting } from "./paste";
import type { OpenTerminal } from "./terminal";

function terminal(bracketedPasteMode: boolean) {
  const pasted: string[] = [];
  const fake = {
    engine: { get: () => ({ term: { modes: { bracketedPasteMode } } }) },
    takesKeys: true,
    paste: (text: string) => pasted.push(text),
  };
  return { fake: fake as unknown as OpenTerminal, pasted };
}

describe("a paste", () => {
  beforeEach(() => pasting.set(null));

  it("of one line goes in at once", () => {
    const { fake, pasted } = terminal(false);
    pasteInto(fake, "ls -la\n");
    expect(pasted).toEqual(["ls -la\n"]);
    expect(pasting.get()).toBeNull();
  });

  it("of several lines goes in at once where the program marks pastes", () => {
    const { fake, pasted } = terminal(true);
    pasteInto(fake, "one\ntwo\n");
    expect(pasted).toEqual(["one\ntwo\n"]);
  });

  it("of several lines waits for a word where each would run", () => {
    const { fake, pasted } = terminal(false);
    pasteInto(fake, "one\r\ntwo");
    expect(pasted).toEqual([]);
    expect(pasting.get()).toEqual({ step: "ask", terminal: fake, text: "one\r\ntwo", enter: false });
  });

  it("can't end itself, or type keys", () => {
    const { fake, pasted } = terminal(true);
    pasteInto(fake, "echo a\x1b[201~\nrm -rf x\n\x03\x04");
    expect(pasted).toEqual(["echo a[201~\nrm -rf x\n"]);
  });

  it("of nothing is nothing", () => {
    const { fake, pasted } = terminal(true);
    pasteInto(fake, "\x1b");
    expect(pasted).toEqual([]);
  });
});

it("keeps tabs, line ends and every letter", () => {
  expect(harmless("a\tb\r\nc ä 漢 🏠")).toBe("a\tb\r\nc ä 漢 🏠");
});

it("counts lines as people do", () => {
  expect(linesOf("a\nb\r\nc\rd\n")).toEqual(["a", "b", "c", "d"]);
  expect(linesOf("a\n\nb")).toEqual(["a", "", "b"]);
});
