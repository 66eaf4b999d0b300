import type { Terminal } from "@xterm/xterm";

const SLOP = 6; // pixels that a finger may move and still tap
const FRICTION = 0.94; // of the speed that is left after each frame
const SLOWEST = 0.02; // pixels per millisecond

/**
 * Lets a finger scroll a terminal, which xterm 6 does not do by itself: the
 * scrollback where there is one, else the program that has the whole screen.
 * Returns a function that undoes it.
 */
export function scrollByTouch(host: HTMLElement, term: Terminal): () => void {
  let lastY = 0;
  let lastAt = 0;
  let speed = 0;
  let rest = 0;
  let moving = false;
  let gliding = 0;

  const scroll = (pixels: number, touch?: { clientX: number; clientY: number }) => {
    const cell = host.clientHeight / term.rows || 16;
    rest += pixels;
    const lines = Math.trunc(rest / cell);
    if (lines === 0) return;
    rest -= lines * cell;
    if (term.buffer.active.type === "normal" && term.modes.mouseTrackingMode === "none") {
      term.scrollLines(lines);
      return;
    }
    // The emulator turns a wheel into what the program expects.
    term.element?.querySelector(".xterm-screen")?.dispatchEvent(
      new WheelEvent("wheel", {
        deltaY: lines * cell,
        clientX: touch?.clientX ?? 0,
        clientY: touch?.clientY ?? 0,
        bubbles: true,
        cancelable: true,
      }),
    );
  };

  const glide = () => {
    scroll(speed * 16);
    speed *= FRICTION;
    gliding = Math.abs(speed) > SLOWEST ? requestAnimationFrame(glide) : 0;
  };

  const start = (e: TouchEvent) => {
    cancelAnimationFrame(gliding);
    moving = false;
    speed = 0;
    rest = 0;
    const touch = e.touches[0];
    if (e.touches.length !== 1 || !touch) return;
    lastY = touch.clientY;
    lastAt = e.timeStamp;
  };

  const move = (e: TouchEvent) => {
    const touch = e.touches[0];
    if (e.touches.length !== 1 || !touch) return;
    const dy = lastY - touch.clientY;
    if (!moving && Math.abs(dy) < SLOP) return;
    moving = true;
    e.preventDefault();
    const dt = Math.max(1, e.timeStamp - lastAt);
    speed = 0.6 * speed + 0.4 * (dy / dt);
    lastY = touch.clientY;
    lastAt = e.timeStamp;
    scroll(dy, touch);
  };

  const end = () => {
    if (moving && Math.abs(speed) > SLOWEST) gliding = requestAnimationFrame(glide);
    moving = false;
  };

  host.addEventListener("touchstart", start, { passive: true });
  host.addEventListener("touchmove", move, { passive: false });
  host.addEventListener("touchend", end, { passive: true });
  host.addEventListener("touchcancel", end, { passive: true });
  return () => {
    cancelAnimationFrame(gliding);
    host.removeEventListener("touchstart", start);
    host.removeEventListener("touchmove", move);
    host.removeEventListener("touchend", end);
    host.removeEventListener("touchcancel", end);
  };
}
