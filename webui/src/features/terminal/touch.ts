import type { Terminal } from "@xterm/xterm";
import { followFingers, type Point } from "./gestures";
import { change, settings } from "./settings";
import type { TouchSelect } from "./touch-select";

/**
 * Lets fingers use a terminal: scroll (which xterm 6 does not do by itself) the
 * scrollback where there is one, else the program that has the whole screen;
 * swipe to another tab, or pan where it has another's size; rest to select; pinch to change the size of the text.
 * Returns a function that undoes it.
 */
export function useByTouch(
  host: HTMLElement,
  term: Terminal,
  select: TouchSelect,
  foreign: () => boolean,
  swipe: (by: 1 | -1) => void,
): () => void {
  const scroll = scroller(host, term);
  const style = () => term.element!.style;
  let from: number | null = null; // where another's size stood, of which only a part fits
  let panned = false;
  return followFingers(host, {
    scroll: (pixels, at) => {
      const before = host.scrollTop;
      if (foreign()) host.scrollTop += pixels;
      scroll(pixels - (host.scrollTop - before), at);
    },
    press: (at) => select.press(at),
    pressMoved: (at) => select.drag("end", at),
    drawn: (pixels) => {
      if (pixels === 0) {
        from = null;
        style().transform = "";
        return;
      }
      panned = foreign() && host.scrollWidth > host.clientWidth + 1;
      from ??= host.scrollLeft;
      if (panned) host.scrollLeft = from - pixels;
      else style().transform = `translateX(${pixels / 3}px)`;
    },
    swipe: (by) => panned || swipe(by),
    pinch: (scale) => {
      // Drawn larger at once; the size is told to the program when it is settled.
      style().transform = `scale(${sizeAfter(scale) / settings.get().fontSize})`;
      style().transformOrigin = "0 100%";
    },
    pinched: (scale) => {
      style().transform = "";
      style().transformOrigin = "";
      change({ fontSize: sizeAfter(scale) });
    },
  });
}

function sizeAfter(scale: number): number {
  return Math.round(Math.min(28, Math.max(9, settings.get().fontSize * scale)));
}

function scroller(host: HTMLElement, term: Terminal): (pixels: number, at: Point) => void {
  let rest = 0;
  return (pixels, { clientX, clientY }) => {
    const cell = host.clientHeight / term.rows || 16;
    if (Math.sign(rest) !== Math.sign(pixels)) rest = 0;
    rest += pixels;
    const lines = Math.trunc(rest / cell);
    if (lines === 0) return;
    rest -= lines * cell;
    if (term.buffer.active.type === "normal" && term.modes.mouseTrackingMode === "none") {
      term.scrollLines(lines);
      return;
    }
    // The emulator turns a wheel into what the program expects.
    term.element
      ?.querySelector(".xterm-screen")
      ?.dispatchEvent(new WheelEvent("wheel", { deltaY: lines * cell, clientX, clientY, bubbles: true, cancelable: true }));
  };
}
