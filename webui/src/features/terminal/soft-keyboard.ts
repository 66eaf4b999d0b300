import type { Terminal } from "@xterm/xterm";
import { SoftInput } from "./soft-input";

/**
 * Gives what a soft keyboard does in the emulator's field to SoftInput, and keeps
 * it from the emulator, which types some of it twice (xterm.js #2403, #3600).
 * Returns how to forget the text so far, and how to undo it all.
 */
export function listenSoftly(host: HTMLElement, field: HTMLTextAreaElement, send: (text: string) => void, preview: (text: string) => void) {
  const input = new SoftInput(field, send, preview);
  const undo = new AbortController();
  const on = <K extends keyof HTMLElementEventMap>(type: K, heard: (e: HTMLElementEventMap[K]) => boolean | void) =>
    host.addEventListener(
      type,
      (e) => {
        if (e.target === field && heard(e) !== false) e.stopPropagation();
      },
      { capture: true, signal: undo.signal },
    );
  field.autocomplete = "off";
  on("keydown", (e) => input.keyDown(e));
  on("keyup", (e) => {
    input.keyUp();
    return e.keyCode === 229;
  });
  on("beforeinput", (e) => {
    if (input.beforeInput(e)) e.preventDefault();
  });
  on("input", (e) => input.input(e as InputEvent));
  on("compositionstart", () => input.compositionStart());
  on("compositionupdate", (e) => input.compositionUpdate(e.data));
  on("compositionend", (e) => input.compositionEnd(e.data));
  on("focus", () => {
    input.reset();
    return false;
  });
  return { reset: () => input.reset(), undo: () => undo.abort() };
}

/** Shows at the cursor what is being composed, as the emulator does by itself elsewhere. */
export function composing(term: Terminal): (text: string) => void {
  const view = term.element?.querySelector<HTMLElement>(".composition-view");
  const screen = term.element?.querySelector(".xterm-screen");
  return (text) => {
    if (!view || !screen) return;
    const height = screen.clientHeight / term.rows;
    const { cursorX, cursorY } = term.buffer.active;
    view.textContent = text;
    view.classList.toggle("active", text !== "");
    view.style.left = `${(cursorX * screen.clientWidth) / term.cols}px`;
    view.style.top = `${cursorY * height}px`;
    view.style.font = `${term.options.fontSize}px/${height}px ${term.options.fontFamily}`;
  };
}
