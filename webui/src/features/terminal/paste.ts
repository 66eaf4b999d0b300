import { Store } from "@/lib/store";
import type { OpenTerminal } from "./terminal";

/** A paste that waits for a person. */
export type Pasting =
  /** It is several lines, which the program would take as typed. */
  | { step: "ask"; terminal: OpenTerminal; text: string; enter: boolean }
  /** The browser does not hand out the clipboard: a field has to take it. */
  | { step: "field"; terminal: OpenTerminal };

export const pasting = new Store<Pasting | null>(null);

/**
 * Pastes into a terminal, and asks first where the lines of the text would run
 * one by one: where the program did not ask for pastes to be marked as such.
 * Enter follows the text of a quick command that is to run at once.
 */
export function pasteInto(terminal: OpenTerminal, pasted: string, enter = false): void {
  const text = harmless(pasted);
  if (!terminal.takesKeys) {
    terminal.paste(text); // which says that it goes nowhere
    return;
  }
  const marked = terminal.engine.get()?.term.modes.bracketedPasteMode ?? false;
  if (!marked && linesOf(text).length > 1) pasting.set({ step: "ask", terminal, text, enter });
  else if (text !== "") pasteNow(terminal, text, enter);
}

/** Pastes text, and presses Enter after it if that is wanted. */
export function pasteNow(terminal: OpenTerminal, text: string, enter: boolean): void {
  terminal.paste(text);
  if (enter) terminal.type("\r");
}

/** Pastes what is on the clipboard, by a button. */
export async function pasteClipboard(terminal: OpenTerminal): Promise<void> {
  let text: string;
  try {
    // There is no clipboard over plain HTTP, and elsewhere people may say no.
    text = await navigator.clipboard.readText();
  } catch {
    pasting.set({ step: "field", terminal });
    return;
  }
  pasteInto(terminal, text);
}

/**
 * Text without control characters other than tabs and line ends: an escape
 * could end the paste for the program, and what follows would run.
 */
export function harmless(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, "");
}

/** The lines of a text; one at its end that is empty does not count. */
export function linesOf(text: string): string[] {
  const lines = text.split(/\r\n|\r|\n/);
  if (lines.at(-1) === "") lines.pop();
  return lines;
}

const HINTED = "homie.paste-hint";

/** Whether to say how to paste here, to somebody who tried the usual keys. */
export const pasteHint = new Store(false);

/** Says it, once on this device. */
export function hintPaste(): void {
  try {
    if (localStorage.getItem(HINTED)) return;
    localStorage.setItem(HINTED, "yes");
  } catch {
    // It is said again after the next load, then.
  }
  pasteHint.set(true);
}
