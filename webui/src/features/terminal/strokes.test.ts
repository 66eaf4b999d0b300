import { expect, it } from "vitest";
import { faultOf } from "./own-keys";
import { encodeStrokes, strokes } from "./strokes";

const sends = (written: string, application = false) => {
  const all = strokes(written);
  return all && encodeStrokes(all, application);
};

it("reads keys as tmux and Emacs write them", () => {
  expect(sends("C-b d")).toBe("\x02d");
  expect(sends("M-x")).toBe("\x1bx");
  expect(sends("C-M-c")).toBe("\x1b\x03");
  expect(sends("Esc : w q Enter")).toBe("\x1b:wq\r");
  expect(sends("S-Tab")).toBe("\x1b[Z");
  expect(sends("C-Right F5")).toBe("\x1b[1;5C\x1b[15~");
  expect(sends("Up", true)).toBe("\x1bOA");
  expect(sends("ctrl+a -")).toBe("\x01-");
  expect(sends("C--")).toBe("-");
  expect(sends("S-a é")).toBe("Aé");
});

it("says what is no key", () => {
  expect(sends("")).toBeNull();
  expect(sends("C-bd")).toBeNull();
  expect(sends("Hello")).toBeNull();
  expect(faultOf({ name: "x", keys: "C-bd" })).toMatch(/^Write keys like/);
  expect(faultOf({ name: "", keys: "C-b" })).toMatch(/name/);
  expect(faultOf({ name: "x", text: "" })).toMatch(/text/);
  expect(faultOf({ name: "detach", keys: "C-b d" })).toBeNull();
  expect(faultOf({ name: "ps", text: "docker ps\n" })).toBeNull();
});
