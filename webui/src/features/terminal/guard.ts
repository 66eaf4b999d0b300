import type { IDisposable, Terminal } from "@xterm/xterm";

/** What is used of the emulator's inside, for want of anything public. */
interface Inside {
  _core: { _inputHandler: { eraseInDisplay(params: { params: number[] }): boolean } };
}

/**
 * Keeps the emulator (xterm.js 6.0) from failing on "erase up to the cursor" in
 * the very last cell, after which it would parse nothing any more: it looks for
 * a line below the last one. Up to there is everything.
 */
export function guard(term: Pick<Terminal, "parser" | "buffer" | "cols">): IDisposable {
  return term.parser.registerCsiHandler({ final: "J" }, (params) => {
    const { cursorX, cursorY, baseY, length } = term.buffer.active;
    const inLastCell = cursorX + 1 >= term.cols && baseY + cursorY + 1 >= length;
    if (params[0] !== 1 || !inLastCell) return false;
    return (term as unknown as Inside)._core._inputHandler.eraseInDisplay({ params: [2] });
  });
}
