import { Store } from "@/lib/store";
import { strokes } from "./strokes";

/** A key of the key bar that people made for themselves. */
export interface OwnKey {
  name: string;
  /** Keys to press, as strokes reads them; or else */
  keys?: string;
  /** text to type. A line end in it is Enter. */
  text?: string;
}

const KEY = "homie.keys";
export const MAX_KEYS = 40;
export const MAX_NAME = 14;
export const MAX_TYPED = 500;

const usual: OwnKey[] = [
  { name: "^C", keys: "C-c" },
  { name: "^D", keys: "C-d" },
  { name: "^R", keys: "C-r" },
  { name: "~", text: "~" },
  { name: "-", text: "-" },
  { name: "$", text: "$" },
];

/** What a key is called aloud, where its name says little. */
const aloud: Record<string, string> = {
  "^C": "^C, interrupt",
  "^D": "^D, end of input",
  "^R": "^R, search history",
  "~": "~, tilde",
  "-": "-, dash",
  $: "$, dollar",
};

export function spoken({ name, keys, text }: OwnKey): string {
  const known = usual.some((k) => k.name === name && k.keys === keys && k.text === text);
  return (known && aloud[name]) || `${name}, ${keys ? `presses ${keys}` : `types ${text}`}`;
}

/** The keys on this device, in the order of the bar. */
export const ownKeys = new Store<OwnKey[]>(stored());

export function saveKeys(next: OwnKey[]): void {
  ownKeys.set(next.slice(0, MAX_KEYS));
  try {
    localStorage.setItem(KEY, JSON.stringify(ownKeys.get()));
  } catch {
    // They last until the page is closed, then.
  }
}

/** The usual keys again. */
export function resetKeys(): void {
  saveKeys(usual);
}

/** What is wrong with a key, in words; null: nothing. */
export function faultOf({ name, keys, text }: OwnKey): string | null {
  if (name.trim() === "" || name.length > MAX_NAME) return `Give it a name of up to ${MAX_NAME} characters.`;
  if (keys !== undefined) {
    if (keys.trim() === "" || keys.length > MAX_TYPED || !strokes(keys))
      return "Write keys like C-b d, M-x, Esc, F5 or Up, with spaces between them.";
    return null;
  }
  if (!text || text.length > MAX_TYPED) return `Write a text of up to ${MAX_TYPED} characters.`;
  return null;
}

function stored(): OwnKey[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "null");
    if (!Array.isArray(value)) return usual;
    return value.slice(0, MAX_KEYS).filter(isKey);
  } catch {
    return usual;
  }
}

function isKey(value: unknown): value is OwnKey {
  const { name, keys, text } = (value ?? {}) as Record<string, unknown>;
  const optional = (v: unknown) => v === undefined || typeof v === "string";
  return typeof name === "string" && optional(keys) && optional(text) && faultOf(value as OwnKey) === null;
}
