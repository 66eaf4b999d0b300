import { Terminal } from "@xterm/headless";
import { afterEach, expect, it, vi } from "vitest";
import { ProgramCopy, wanted } from "./program-copy";

const b64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

afterEach(() => vi.unstubAllGlobals());

it("reads what is to be copied, and never a question", () => {
  expect(wanted(`c;${b64("größe")}`)).toBe("größe");
  expect(wanted(`;${b64("x")}`)).toBe("x");
  for (const bad of ["c;?", "c;", "c", "", "c;***", `c;${b64("x")}!`, `c;${btoa("\xff\xfe")}`, `c;${"A".repeat((1 << 20) + 4)}`]) {
    expect(wanted(bad)).toBeNull();
  }
});

it("asks before it copies, and only who looks and has used the terminal", async () => {
  const writeText = vi.fn(async () => {});
  vi.stubGlobal("navigator", { clipboard: { writeText } });
  let looks = true;
  const copy = new ProgramCopy(() => looks);
  const term = new Terminal({ allowProposedApi: true });
  copy.listen(term as unknown as Parameters<ProgramCopy["listen"]>[0]);
  const program = (text: string) => new Promise<void>((done) => term.write(`\x1b]52;c;${b64(text)}\x07`, done));

  await program("unasked");
  expect(copy.wish.get()).toBeNull();
  copy.used();
  looks = false;
  await program("behind the back");
  expect(copy.wish.get()).toBeNull();
  looks = true;
  await program("hello");
  expect(copy.wish.get()).toEqual({ text: "hello" });
  expect(writeText).not.toHaveBeenCalled();
  copy.refuse();
  expect(copy.wish.get()).toBeNull();
  await program("hello again");
  await copy.allow(true);
  await program("by itself");
  expect(writeText.mock.calls).toEqual([["hello again"], ["by itself"]]);
  // A browser that wants a click for it gets one.
  writeText.mockRejectedValueOnce(new Error("no"));
  await program("needs a click");
  await Promise.resolve();
  await Promise.resolve();
  expect(copy.wish.get()).toEqual({ text: "needs a click" });
});
