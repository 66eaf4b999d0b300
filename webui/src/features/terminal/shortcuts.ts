/** What a key combination does instead of reaching the shell. */
export type Shortcut = "search" | "copy" | "paste" | "leave";

const mac = /Mac|iPhone|iPad/.test(navigator.platform);

/**
 * The combinations that Homie keeps for itself. Ctrl+F and Ctrl+C belong to the
 * program in the terminal, so that other systems than macOS add Shift.
 */
export function shortcut(e: KeyboardEvent, selected: boolean): Shortcut | null {
  if (e.ctrlKey && !e.metaKey && e.key === "F6") return "leave";
  const ours = mac ? e.metaKey && !e.ctrlKey && !e.altKey : e.ctrlKey && e.shiftKey && !e.altKey && !e.metaKey;
  if (!ours) return null;
  switch (e.key.toLowerCase()) {
    case "f":
      return "search";
    case "c":
      return selected ? "copy" : null;
    case "v":
      return "paste";
    default:
      return null;
  }
}

/** Whether a key is what pastes elsewhere, and goes to the program here. */
export function pastesElsewhere(e: KeyboardEvent): boolean {
  return !mac && e.ctrlKey && !e.shiftKey && !e.altKey && !e.metaKey && e.key.toLowerCase() === "v";
}

/** Shortcuts as they are written on the keys of this system. */
export const searchKeys = mac ? "⌘F" : "Ctrl+Shift+F";
export const copyKeys = mac ? "⌘C" : "Ctrl+Shift+C";
export const pasteKeys = mac ? "⌘V" : "Ctrl+Shift+V";
export const leaveKeys = "Ctrl+F6";
/** What pastes into a field of a page. */
export const fieldPasteKeys = mac ? "⌘V" : "Ctrl+V";

/** All of them, for people to read. */
export const shortcuts: { keys: string; does: string }[] = [
  { keys: leaveKeys, does: "leave the terminal, to its tab" },
  { keys: searchKeys, does: "search in the terminal" },
  { keys: copyKeys, does: "copy what is selected" },
  { keys: pasteKeys, does: "paste" },
  { keys: "← →", does: "on a tab: go to the next one" },
  { keys: "Enter", does: "on a tab: back into the terminal" },
  { keys: "Delete", does: "on a tab: close it; the session keeps running" },
];
