import { encodeKey, functionKeys, modify, type SpecialKey, type With } from "./keys";

/** One key with what is held: a character, or a key that text can't stand for. */
export interface Stroke extends With {
  key: string;
  special: SpecialKey | null;
}

/**
 * Reads keys as tmux and Emacs write them: "C-b d", "M-x", "S-Tab", "Esc : w Enter".
 * Null: a part of it is no key.
 */
export function strokes(written: string): Stroke[] | null {
  const out: Stroke[] = [];
  for (const word of written.trim().split(/\s+/)) {
    const stroke = strokeOf(word);
    if (!stroke) return null;
    out.push(stroke);
  }
  return out;
}

/** What a terminal sends for keys; programs may ask for the "application" form of cursor keys. */
export function encodeStrokes(all: Stroke[], applicationCursor: boolean): string {
  return all
    .map((s) => (s.special ? encodeKey(s.special, s, applicationCursor) : modify(s.key, s)))
    .join("");
}

function strokeOf(word: string): Stroke | null {
  const held = { ctrl: false, alt: false, shift: false };
  let rest = word;
  for (let m; (m = /^(C|Ctrl|M|A|Alt|S|Shift)[-+](?=.)/i.exec(rest)); rest = rest.slice(m[0].length)) {
    const name = m[1]!.toLowerCase();
    if (name.startsWith("c")) held.ctrl = true;
    else if (name.startsWith("s")) held.shift = true;
    else held.alt = true;
  }
  const named = names[rest.toLowerCase()];
  if (named) return { ...held, key: named.text ?? "", special: named.special ?? null };
  if ([...rest].length !== 1) return null;
  return { ...held, key: held.shift ? rest.toUpperCase() : rest, special: null };
}

const names: Record<string, { special?: SpecialKey; text?: string } | undefined> = {
  esc: { special: "escape" },
  escape: { special: "escape" },
  tab: { special: "tab" },
  enter: { text: "\r" },
  return: { text: "\r" },
  space: { text: " " },
  backspace: { text: "\x7f" },
  bspace: { text: "\x7f" },
  up: { special: "up" },
  down: { special: "down" },
  left: { special: "left" },
  right: { special: "right" },
  home: { special: "home" },
  end: { special: "end" },
  pgup: { special: "pageUp" },
  pageup: { special: "pageUp" },
  pgdn: { special: "pageDown" },
  pagedown: { special: "pageDown" },
  ins: { special: "insert" },
  insert: { special: "insert" },
  del: { special: "delete" },
  delete: { special: "delete" },
  ...Object.fromEntries(functionKeys.map((f) => [f.toLowerCase(), { special: f }])),
};
