import type { Terminal } from "@xterm/xterm";
import { Store } from "@/lib/store";
import { sizeOf, type CastReader } from "./cast";
import { Pauses, after } from "./clock";
import { Keyframes } from "./keyframes";

/** What a player does at the moment. */
export interface Playing {
  playing: boolean;
  at: number;
  duration: number;
  speed: number;
  skipIdle: boolean;
}

/** The speeds there are. */
export const SPEEDS = [0.5, 1, 2, 4, 8];

/** Plays a recording in a terminal emulator. */
export class Player {
  readonly state: Store<Playing>;

  private readonly cast: CastReader;
  private readonly term: Terminal;
  private readonly pauses: Pauses;
  private readonly frames: Keyframes;
  private next = 0; // number of the event to be shown next
  private frame = 0;
  private before = 0; // when the last frame was drawn

  constructor(cast: CastReader, term: Terminal) {
    const { cols, rows } = cast.header!;
    this.cast = cast;
    this.term = term;
    this.pauses = new Pauses(cast.events);
    this.frames = new Keyframes(cast.events, cols, rows);
    this.state = new Store<Playing>({ playing: false, at: 0, duration: cast.duration, speed: 1, skipIdle: true });
    term.resize(cols, rows);
  }

  /** There is more of the recording. */
  extend(): void {
    this.frames.extend();
    this.state.update((s) => ({ ...s, duration: this.cast.duration }));
  }

  play(): void {
    const { playing, at, duration } = this.state.get();
    if (playing) return;
    if (at >= duration) void this.seek(0);
    this.state.update((s) => ({ ...s, playing: true }));
    this.before = performance.now();
    this.frame = requestAnimationFrame(this.tick);
  }

  pause(): void {
    cancelAnimationFrame(this.frame);
    this.state.update((s) => ({ ...s, playing: false }));
  }

  toggle(): void {
    if (this.state.get().playing) this.pause();
    else this.play();
  }

  setSpeed(speed: number): void {
    this.state.update((s) => ({ ...s, speed }));
  }

  setSkipIdle(skipIdle: boolean): void {
    this.state.update((s) => ({ ...s, skipIdle }));
  }

  /** Shows the recording as it was at a time; resolves when it is shown. */
  seek(to: number): Promise<void> {
    const at = Math.min(Math.max(0, to), this.cast.duration);
    const index = after(this.cast.events, at);
    const frame = this.frames.before(index);
    if (index < this.next || (frame && frame.index > this.next)) {
      const { cols, rows } = frame ?? this.cast.header!;
      this.term.write("", () => {
        this.term.reset();
        this.term.resize(cols, rows);
      });
      if (frame) this.term.write(frame.data);
      this.next = frame?.index ?? 0;
    }
    this.state.update((s) => ({ ...s, at }));
    return this.show(index);
  }

  dispose(): void {
    this.pause();
    this.frames.dispose();
  }

  private readonly tick = (now: number): void => {
    const { at, speed, skipIdle, duration } = this.state.get();
    const passed = (Math.max(0, now - this.before) / 1000) * speed;
    this.before = now;
    const to = Math.min(duration, skipIdle ? this.pauses.atWatched(this.pauses.watchedAt(at) + passed) : at + passed);
    this.state.update((s) => ({ ...s, at: to }));
    const shown = this.show(after(this.cast.events, to));
    if (to >= duration) {
      this.pause();
      return;
    }
    // A fast recording does not pile up in the emulator.
    void shown.then(() => {
      if (this.state.get().playing) this.frame = requestAnimationFrame(this.tick);
    });
  };

  /** Shows the events before one. */
  private show(index: number): Promise<void> {
    let text = "";
    for (; this.next < index; this.next++) {
      const event = this.cast.events[this.next]!;
      if (event.code === "o") text += event.data;
      if (event.code !== "r") continue;
      const size = sizeOf(event.data);
      if (!size) continue;
      this.term.write(text, () => this.term.resize(size.cols, size.rows));
      text = "";
    }
    return new Promise((resolve) => this.term.write(text, resolve));
  }
}
