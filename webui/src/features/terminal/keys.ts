import { Store } from "@/lib/store";

/** Whether a modifier is down: for the next key, or until it is pressed again. */
export type Held = boolean | "locked";

/** Modifiers of the key bar. */
export interface Modifiers {
  ctrl: Held;
  alt: Held;
}

const TWICE = 350; // milliseconds between two taps that are one double tap

export const modifiers = new Store<Modifiers>({ ctrl: false, alt: false });
let lastTap = { name: "", at: -Infinity };

/** A tap on a modifier: it holds for the next key, twice for all that follow, once more for none. */
export function tapModifier(name: keyof Modifiers, now: number): void {
  const twice = lastTap.name === name && now - lastTap.at < TWICE;
  lastTap = { name, at: now };
  modifiers.update((m) => ({ ...m, [name]: twice && m[name] === true ? "locked" : !m[name] }));
}

/** A key was pressed: what held for it is up again. */
export function releaseModifiers(): void {
  const { ctrl, alt } = modifiers.get();
  if (ctrl === true || alt === true) modifiers.set({ ctrl: ctrl === "locked" && ctrl, alt: alt === "locked" && alt });
}

/** A key that text can't stand for. */
export type SpecialKey =
  | "up"
  | "down"
  | "right"
  | "left"
  | "home"
  | "end"
  | "pageUp"
  | "pageDown"
  | "insert"
  | "delete"
  | "escape"
  | "tab"
  | FunctionKey;

export type FunctionKey = (typeof functionKeys)[number];
export const functionKeys = ["F1", "F2", "F3", "F4", "F5", "F6", "F7", "F8", "F9", "F10", "F11", "F12"] as const;

const cursorKeys: Partial<Record<SpecialKey, string>> = {
  up: "A",
  down: "B",
  right: "C",
  left: "D",
  home: "H",
  end: "F",
};
const firstFour: Partial<Record<SpecialKey, string>> = { F1: "P", F2: "Q", F3: "R", F4: "S" };
const tildeKeys: Partial<Record<SpecialKey, string>> = {
  insert: "2",
  delete: "3",
  pageUp: "5",
  pageDown: "6",
  F5: "15",
  F6: "17",
  F7: "18",
  F8: "19",
  F9: "20",
  F10: "21",
  F11: "23",
  F12: "24",
};

/** What is down together with a key. */
export interface With {
  ctrl: Held;
  alt: Held;
  shift?: boolean;
}

/**
 * What a terminal sends for a special key. Programs may ask for the
 * "application" form of cursor keys; modifiers go in as xterm encodes them.
 */
export function encodeKey(key: SpecialKey, { ctrl, alt, shift }: With, applicationCursor: boolean): string {
  const modifier = 1 + (shift ? 1 : 0) + (alt ? 2 : 0) + (ctrl ? 4 : 0);
  const letter = cursorKeys[key] ?? firstFour[key];
  if (letter) {
    if (modifier > 1) return `\x1b[1;${modifier}${letter}`;
    return `\x1b${applicationCursor || firstFour[key] ? "O" : "["}${letter}`;
  }
  const number = tildeKeys[key];
  if (number) return modifier > 1 ? `\x1b[${number};${modifier}~` : `\x1b[${number}~`;
  if (key === "tab" && shift) return "\x1b[Z";
  return (alt ? "\x1b" : "") + (key === "escape" ? "\x1b" : "\t");
}

/** What typed text becomes while the key bar's Ctrl or Alt is down. */
export function modify(text: string, { ctrl, alt }: With): string {
  if ([...text].length !== 1) return text; // a paste, or a key with a sequence of its own
  const out = ctrl ? control(text) : text;
  return alt ? `\x1b${out}` : out;
}

/** The control character of a key: Ctrl+C is byte 3. */
function control(key: string): string {
  const code = key.toUpperCase().charCodeAt(0);
  if (code >= 0x40 && code <= 0x5f) return String.fromCharCode(code & 0x1f); // @ A-Z [ \ ] ^ _
  if (key === " ") return "\0";
  if (key === "?") return "\x7f";
  if (key === "/") return "\x1f";
  return key;
}

/**
 * Whether text is what the emulator answers to a program's question: about the
 * cursor, the device, modes, colours, or the keyboard. Keys and the mouse are
 * reported in the same way but for their last letter.
 */
export function isAnswer(text: string): boolean {
  return ANSWER.test(text);
}

// CSI: cursor (R), device (c), status (n), mode ($y), window (t), keyboard (?u);
// then DCS, OSC and APC, which begin as keys with Alt do, and end as no key does.
const ANSWER = /^\x1b(?:\[[?>=]?[\d;]*(?:R|c|n|\$y|t)|\[\?\d+u|[P\]_].*(?:\x1b\\|\x07))$/s;
