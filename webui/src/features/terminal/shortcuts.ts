import type { Side } from "./layout";

/** What a key combination does instead of reaching the shell. */
export type Shortcut =
  | "search"
  | "copy"
  | "paste"
  | "leave"
  | "beside"
  | "below"
  | "zoom"
  | "earlier"
  | "later"
  | { go: Side }
  | { grow: Side };

/** What a shortcut depends on: some are the program's where they do nothing. */
export interface Situation {
  /** Some text is selected. */
  selected: boolean;
  /** The terminal is shown with others. */
  split: boolean;
}

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * The combinations that Homie keeps for itself. Ctrl+F and Ctrl+C belong to the
 * program in the terminal, so that other systems than macOS add Shift.
 */
export function shortcut(e: KeyboardEvent, { selected, split }: Situation): Shortcut | null {
  if (e.ctrlKey && !e.metaKey && e.key === "F6") return "leave";
  if (e.altKey && e.shiftKey && !e.ctrlKey && !e.metaKey) {
    if (e.key === "PageUp") return "earlier";
    if (e.key === "PageDown") return "later";
  }
  const side = arrows[e.key];
  if (split && side && e.altKey && e.shiftKey && !e.ctrlKey && !e.metaKey) return { grow: side };
  const ours = mac ? e.metaKey && !e.ctrlKey && !e.altKey : e.ctrlKey && e.shiftKey && !e.altKey && !e.metaKey;
  if (!ours) return null;
  if (side) return split && e.shiftKey ? { go: side } : null;
  if (mac && e.key.toLowerCase() === "d") return e.shiftKey ? "below" : "beside";
  if (mac && e.key === "Enter" && e.shiftKey && split) return "zoom";
  switch (e.key.toLowerCase()) {
    case "f":
      return "search";
    case "c":
      return selected ? "copy" : null;
    case "v":
      return "paste";
    case "e":
      return mac ? null : "beside";
    case "o":
      return mac ? null : "below";
    case "x":
      return split && !mac ? "zoom" : null;
    default:
      return null;
  }
}

const arrows: Record<string, Side | undefined> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};

/** Whether a key is what pastes elsewhere, and goes to the program here. */
export function pastesElsewhere(e: KeyboardEvent): boolean {
  return !mac && e.ctrlKey && !e.shiftKey && !e.altKey && !e.metaKey && e.key.toLowerCase() === "v";
}

/** What a key combination opens wherever terminals are, also outside of one. */
export function opens(e: KeyboardEvent): "switch" | "snippets" | null {
  const key = e.key.toLowerCase();
  if (mac) return key === "k" && e.metaKey && !e.ctrlKey && !e.altKey ? (e.shiftKey ? "snippets" : "switch") : null;
  if (!e.ctrlKey || !e.shiftKey || e.altKey || e.metaKey) return null;
  return key === "k" ? "switch" : key === "l" ? "snippets" : null;
}

/** Shortcuts as they are written on the keys of this system. */
export const searchKeys = mac ? "⌘F" : "Ctrl+Shift+F";
export const copyKeys = mac ? "⌘C" : "Ctrl+Shift+C";
export const pasteKeys = mac ? "⌘V" : "Ctrl+Shift+V";
export const leaveKeys = "Ctrl+F6";
export const besideKeys = mac ? "⌘D" : "Ctrl+Shift+E";
export const belowKeys = mac ? "⇧⌘D" : "Ctrl+Shift+O";
export const zoomKeys = mac ? "⇧⌘Enter" : "Ctrl+Shift+X";
export const earlierKeys = mac ? "⌥⇧PgUp" : "Alt+Shift+PgUp";
export const laterKeys = mac ? "⌥⇧PgDn" : "Alt+Shift+PgDn";
export const switchKeys = mac ? "⌘K" : "Ctrl+Shift+K";
export const snippetKeys = mac ? "⇧⌘K" : "Ctrl+Shift+L";
/** What pastes into a field of a page. */
export const fieldPasteKeys = mac ? "⌘V" : "Ctrl+V";

/** All of them, for people to read. */
export const shortcuts: { keys: string; does: string }[] = [
  { keys: leaveKeys, does: "leave the terminal, to its tab" },
  { keys: switchKeys, does: "go to a session, or open one" },
  { keys: snippetKeys, does: "quick commands" },
  { keys: searchKeys, does: "search in the terminal" },
  { keys: copyKeys, does: "copy what is selected" },
  { keys: pasteKeys, does: "paste" },
  { keys: earlierKeys, does: "go to the prompt before" },
  { keys: laterKeys, does: "go to the next prompt" },
  { keys: besideKeys, does: "split: another terminal beside this one" },
  { keys: belowKeys, does: "split: another terminal below" },
  { keys: `${mac ? "⇧⌘" : "Ctrl+Shift+"}← → ↑ ↓`, does: "in a split: go to the one beside" },
  { keys: `${mac ? "⌥⇧" : "Alt+Shift+"}← → ↑ ↓`, does: "in a split: move the border" },
  { keys: zoomKeys, does: "in a split: show one alone, and all again" },
  { keys: "← →", does: "on a tab: go to the next one" },
  { keys: "Shift+← →", does: "on a tab: move it" },
  { keys: "Enter", does: "on a tab: back into the terminal" },
  { keys: "Delete", does: "on a tab: close it; the session keeps running" },
];
