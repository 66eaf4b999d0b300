import { SerializeAddon } from "@xterm/addon-serialize";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { Terminal } from "@xterm/xterm";
import { guard } from "../guard";
import { sizeOf, type CastEvent } from "./cast";

/** What was shown before an event, to go on from. */
export interface Keyframe {
  index: number;
  cols: number;
  rows: number;
  data: string;
}

/** How much output is between two of them, in UTF-16 units. Less is replayed from the beginning, exactly. */
const EVERY = 512 << 10;
/** How much is taken before the page gets a turn. */
const TURN = 128 << 10;
const SCROLLBACK = 1_000;

/**
 * Goes through a recording ahead of whoever watches, in a terminal that nobody
 * sees, and keeps what it shows every now and then.
 */
export class Keyframes {
  private readonly events: CastEvent[];
  private readonly term: Terminal;
  private readonly serialize = new SerializeAddon();
  private readonly frames: Keyframe[] = [];
  private next = 0;
  private since = 0;
  private running = false;
  private disposed = false;

  constructor(events: CastEvent[], cols: number, rows: number) {
    this.events = events;
    this.term = new Terminal({ allowProposedApi: true, cols, rows, scrollback: SCROLLBACK });
    this.term.loadAddon(this.serialize);
    this.term.loadAddon(new Unicode11Addon());
    this.term.unicode.activeVersion = "11";
    guard(this.term);
  }

  /** Goes on: there are more events. */
  extend(): void {
    if (this.running || this.disposed) return;
    this.running = true;
    setTimeout(() => this.turn(), 0);
  }

  /** The latest one before or at an event, null for the beginning. */
  before(index: number): Keyframe | null {
    return this.frames.findLast((f) => f.index <= index) ?? null;
  }

  dispose(): void {
    this.disposed = true;
    this.term.dispose();
  }

  private turn(): void {
    if (this.disposed) return;
    let text = "";
    let size: { cols: number; rows: number } | null = null;
    while (this.next < this.events.length && text.length < TURN && !size) {
      const event = this.events[this.next++]!;
      if (event.code === "o") text += event.data;
      else if (event.code === "r") size = sizeOf(event.data);
    }
    this.since += text.length;
    this.term.write(text, () => {
      if (this.disposed) return;
      if (size) this.term.resize(size.cols, size.rows);
      if (this.since >= EVERY) this.keep();
      this.running = false;
      if (this.next < this.events.length) this.extend();
    });
  }

  private keep(): void {
    this.since = 0;
    this.frames.push({
      index: this.next,
      cols: this.term.cols,
      rows: this.term.rows,
      data: this.serialize.serialize({ scrollback: SCROLLBACK }),
    });
  }
}
