import { expect, it } from "vitest";
import { encodeKey, isAnswer, modifiers, modify, releaseModifiers, tapModifier } from "./keys";

const none = { ctrl: false, alt: false };
const ctrl = { ctrl: true, alt: false };
const alt = { ctrl: false, alt: true };

it("special keys are what xterm sends", () => {
  expect(encodeKey("up", none, false)).toBe("\x1b[A");
  expect(encodeKey("up", none, true)).toBe("\x1bOA");
  expect(encodeKey("left", ctrl, true)).toBe("\x1b[1;5D");
  expect(encodeKey("right", alt, false)).toBe("\x1b[1;3C");
  expect(encodeKey("pageUp", none, false)).toBe("\x1b[5~");
  expect(encodeKey("pageDown", ctrl, false)).toBe("\x1b[6;5~");
  expect(encodeKey("home", none, true)).toBe("\x1bOH");
  expect(encodeKey("escape", none, false)).toBe("\x1b");
  expect(encodeKey("tab", alt, false)).toBe("\x1b\t");
});

it("Ctrl makes control characters of keys that have one", () => {
  expect(modify("c", ctrl)).toBe("\x03");
  expect(modify("C", ctrl)).toBe("\x03");
  expect(modify("[", ctrl)).toBe("\x1b");
  expect(modify(" ", ctrl)).toBe("\0");
  expect(modify("/", ctrl)).toBe("\x1f");
  expect(modify("?", ctrl)).toBe("\x7f");
  expect(modify("ä", ctrl)).toBe("ä");
  expect(modify("1", ctrl)).toBe("1");
});

it("Alt puts an escape before one key and leaves longer text alone", () => {
  expect(modify("b", alt)).toBe("\x1bb");
  expect(modify("x", { ctrl: true, alt: true })).toBe("\x1b\x18");
  expect(modify("pasted text", alt)).toBe("pasted text");
  expect(modify("\x1b[A", ctrl)).toBe("\x1b[A");
});

it("answers of the emulator are told from what people type", () => {
  expect(["\x1b[?1;2c", "\x1b[12;40R", "\x1b]11;rgb:00/00/00\x1b\\", "\x1bP1$r0m\x1b\\", "\x1b[?2026;2$y", "\x1b[?1u"].every(isAnswer)).toBe(true);
  expect(["a", "ls -l\r", "\x1b", "\x03", "\x1b[200~pasted\x1b[201~"].some(isAnswer)).toBe(false);
  // Arrows, a function key, Alt, the mouse, focus, a key of the kitty protocol.
  expect(["\x1b[A", "\x1bOA", "\x1b[3~", "\x1bP", "\x1b]", "\x1b[<0;3;4M", "\x1b[I", "\x1b[97;5u"].some(isAnswer)).toBe(false);
});

it("encodes function keys, and what is held with a key", () => {
  const none = { ctrl: false, alt: false };
  expect(encodeKey("F1", none, false)).toBe("\x1bOP");
  expect(encodeKey("F1", { ...none, ctrl: true }, false)).toBe("\x1b[1;5P");
  expect(encodeKey("F12", { ...none, shift: true }, false)).toBe("\x1b[24;2~");
  expect(encodeKey("delete", none, true)).toBe("\x1b[3~");
  expect(encodeKey("tab", { ...none, shift: true }, false)).toBe("\x1b[Z");
});

it("holds a modifier for one key, and after a double tap until the next tap", () => {
  tapModifier("ctrl", 0);
  expect(modifiers.get().ctrl).toBe(true);
  releaseModifiers();
  expect(modifiers.get().ctrl).toBe(false);
  tapModifier("ctrl", 1_000);
  tapModifier("ctrl", 1_200);
  releaseModifiers();
  expect(modifiers.get().ctrl).toBe("locked");
  tapModifier("alt", 1_300);
  releaseModifiers();
  expect(modifiers.get()).toEqual({ ctrl: "locked", alt: false });
  tapModifier("ctrl", 2_000);
  expect(modifiers.get().ctrl).toBe(false);
  tapModifier("ctrl", 3_000);
  tapModifier("ctrl", 4_000); // slowly: on and off
  expect(modifiers.get().ctrl).toBe(false);
});
