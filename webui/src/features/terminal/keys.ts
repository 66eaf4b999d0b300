import { Store } from "@/lib/store";

/** Modifiers of the key bar: pressed once, they hold for the next key. */
export interface Modifiers {
  ctrl: boolean;
  alt: boolean;
}

export const modifiers = new Store<Modifiers>({ ctrl: false, alt: false });

export function releaseModifiers(): void {
  if (modifiers.get().ctrl || modifiers.get().alt) modifiers.set({ ctrl: false, alt: false });
}

/** A key that text can't stand for. */
export type SpecialKey = "up" | "down" | "right" | "left" | "home" | "end" | "pageUp" | "pageDown" | "escape" | "tab";

const cursorKeys: Partial<Record<SpecialKey, string>> = {
  up: "A",
  down: "B",
  right: "C",
  left: "D",
  home: "H",
  end: "F",
};
const tildeKeys: Partial<Record<SpecialKey, string>> = { pageUp: "5", pageDown: "6" };

/**
 * What a terminal sends for a special key. Programs may ask for the
 * "application" form of cursor keys; modifiers go in as xterm encodes them.
 */
export function encodeKey(key: SpecialKey, { ctrl, alt }: Modifiers, applicationCursor: boolean): string {
  const modifier = 1 + (alt ? 2 : 0) + (ctrl ? 4 : 0);
  const letter = cursorKeys[key];
  if (letter) {
    if (modifier > 1) return `\x1b[1;${modifier}${letter}`;
    return `\x1b${applicationCursor ? "O" : "["}${letter}`;
  }
  const number = tildeKeys[key];
  if (number) return modifier > 1 ? `\x1b[${number};${modifier}~` : `\x1b[${number}~`;
  return (alt ? "\x1b" : "") + (key === "escape" ? "\x1b" : "\t");
}

/** What typed text becomes while the key bar's Ctrl or Alt is down. */
export function modify(text: string, { ctrl, alt }: Modifiers): string {
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
