/** A place on the screen, in pixels. */
export interface Point {
  clientX: number;
  clientY: number;
}

/** What fingers do on a terminal, and what becomes of it. */
export interface Gestures {
  /** One finger moves up or down, by so many pixels since the last time. */
  scroll(pixels: number, at: Point): void;
  /** One finger has been drawn sideways: 1 to the left, which shows what is on the right. */
  swipe(by: 1 | -1): void;
  /** How far a finger has been drawn sideways so far; 0: it has let go. */
  drawn(pixels: number): void;
  /** One finger rests; it may go on to move before it lets go. */
  press(at: Point): void;
  pressMoved(at: Point): void;
  /** Two fingers move apart or together: the distance now, as a multiple of the first. */
  pinch(scale: number): void;
  pinched(scale: number): void;
}

const SLOP = 6; // pixels that a finger may move and still tap
const REST = 450; // milliseconds that it rests for a press
const SWIPE = 64; // pixels, or
const FLING = 0.6; // pixels per millisecond
const FRICTION = 0.94; // of the speed that is left after each frame
const SLOWEST = 0.02; // pixels per millisecond

type Mode = "none" | "undecided" | "scroll" | "swipe" | "press" | "pinch";

/**
 * Recognizer tells one gesture at a time. A finger that moves at once scrolls or
 * swipes, whichever way it sets out; one that rests first selects.
 */
export class Recognizer {
  private readonly to: Gestures;
  private mode: Mode = "none";
  private from: Point = { clientX: 0, clientY: 0 };
  private last: Point = this.from;
  private lastAt = 0;
  private speed = 0; // of the finger, pixels per millisecond, positive towards the top or the left
  private resting: ReturnType<typeof setTimeout> | undefined;
  private gliding = 0;
  private spread = 1; // between two fingers, at first
  private scale = 1;

  constructor(to: Gestures) {
    this.to = to;
  }

  start(touches: Point[], at: number): void {
    cancelAnimationFrame(this.gliding);
    clearTimeout(this.resting);
    if (this.mode === "swipe") this.to.drawn(0);
    const [one, two] = touches;
    if (!one) return;
    if (two) {
      this.mode = touches.length === 2 ? "pinch" : "none";
      this.spread = Math.max(1, distance(one, two));
      this.scale = 1;
      return;
    }
    this.mode = "undecided";
    this.from = this.last = one;
    this.lastAt = at;
    this.speed = 0;
    this.resting = setTimeout(() => {
      this.mode = "press";
      this.to.press(this.from);
    }, REST);
  }

  /** Returns whether the browser must leave the touch alone. */
  move(touches: Point[], at: number): boolean {
    const [one, two] = touches;
    if (!one) return false;
    if (this.mode === "pinch") {
      if (two) this.to.pinch((this.scale = distance(one, two) / this.spread));
      return true;
    }
    if (this.mode === "undecided" && !this.decide(one)) return false;
    const dx = this.last.clientX - one.clientX;
    const dy = this.last.clientY - one.clientY;
    this.speed = 0.6 * this.speed + 0.4 * ((this.mode === "swipe" ? dx : dy) / Math.max(1, at - this.lastAt));
    this.last = one;
    this.lastAt = at;
    if (this.mode === "scroll") this.to.scroll(dy, one);
    else if (this.mode === "swipe") this.to.drawn(one.clientX - this.from.clientX);
    else if (this.mode === "press") this.to.pressMoved(one);
    return this.mode !== "none";
  }

  /** Returns whether the browser must make no click of it. */
  end(left: number): boolean {
    clearTimeout(this.resting);
    const mode = this.mode;
    if (left === 0) this.mode = "none";
    if (mode === "pinch" && left < 2) {
      this.mode = "none"; // the finger that is left does nothing more
      this.to.pinched(this.scale);
    } else if (mode === "scroll") this.glide();
    else if (mode === "swipe") {
      const far = this.from.clientX - this.last.clientX;
      this.to.drawn(0);
      if (Math.abs(far) > SWIPE || (Math.abs(this.speed) > FLING && Math.sign(this.speed) === Math.sign(far)))
        this.to.swipe(far > 0 ? 1 : -1);
    }
    return mode === "press" || mode === "swipe" || mode === "pinch";
  }

  stop(): void {
    cancelAnimationFrame(this.gliding);
    clearTimeout(this.resting);
    if (this.mode === "swipe") this.to.drawn(0);
    this.mode = "none";
  }

  private decide(at: Point): boolean {
    const dx = Math.abs(at.clientX - this.from.clientX);
    const dy = Math.abs(at.clientY - this.from.clientY);
    if (Math.max(dx, dy) < SLOP) return false;
    clearTimeout(this.resting);
    this.mode = dx > 1.5 * dy ? "swipe" : "scroll";
    return true;
  }

  private glide(): void {
    if (Math.abs(this.speed) <= SLOWEST) return;
    this.to.scroll(this.speed * 16, this.last);
    this.speed *= FRICTION;
    this.gliding = requestAnimationFrame(() => this.glide());
  }
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
}

/** Recognizes the gestures on an element, until the returned function is called. */
export function followFingers(host: HTMLElement, to: Gestures): () => void {
  const recognizer = new Recognizer(to);
  const undo = new AbortController();
  const listen = (type: "touchstart" | "touchmove" | "touchend" | "touchcancel", heard: (e: TouchEvent) => boolean | void) =>
    host.addEventListener(type, (e) => heard(e) && e.cancelable && e.preventDefault(), {
      passive: false,
      signal: undo.signal,
    });
  listen("touchstart", (e) => recognizer.start([...e.touches], e.timeStamp));
  listen("touchmove", (e) => recognizer.move([...e.touches], e.timeStamp));
  listen("touchend", (e) => recognizer.end(e.touches.length));
  listen("touchcancel", () => recognizer.stop());
  // A long press is ours; the mouse keeps its menu.
  host.addEventListener("contextmenu", (e) => (e as PointerEvent).pointerType === "touch" && e.preventDefault(), {
    signal: undo.signal,
  });
  return () => {
    undo.abort();
    recognizer.stop();
  };
}
