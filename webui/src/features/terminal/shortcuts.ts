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

/** A shortcut as it is written on the keys of this system. */
export const searchKeys = mac ? "⌘F" : "Ctrl+Shift+F";
