/** What a prediction is made from and compared with: the row that the cursor is in. */
export interface Row {
  /** Which row, counted from the first one of the scrollback. */
  y: number;
  /** The cursor's column. */
  x: number;
  cols: number;
  /** The character in a column; "" in the right half of a wide one, " " for none. */
  at(x: number): string;
  /** Whether a column is empty, or has what a shell only suggests. */
  free(x: number): boolean;
}

/** What a line is expected to be after a key. */
interface State {
  /** The cells from where typing began; "" is the right half of a wide character. */
  cells: string[];
  /** The cursor's place in them. */
  at: number;
  typedAt: number;
  /** By when it must have shown, or it was wrong. */
  due: number;
}

/** Typing into one place of one line. */
interface Run {
  /** Where it began; null: not known, as something else is still under way. */
  from: { y: number; x: number } | null;
  /** The program has shown some of it, so that the rest may be drawn. */
  trusted: boolean;
  /** What has shown, and then what is still to come, a state a key. */
  states: [State, ...State[]];
}

/** What to draw over a row. */
export interface Drawing {
  y: number;
  x: number;
  cells: string[];
  /** The cursor's place in the cells. */
  cursor: number;
}

const AHEAD = 8; // cells that must be empty after the cursor: typing inside a text is not foreseen
const LONGEST = 64; // characters that are typed at once; more is a paste
const SOONEST = 0.7; // of a round trip, which varies
const SLACK_MS = 150; // for a program to think
const MASK = /^[*•●·]$/; // shown for each key of a password

/**
 * Predictor foresees what typing does to the line, as the program will show it
 * one round trip later. What follows a key that it does not know (Enter, Tab, an
 * arrow up) is drawn only after the program has shown the beginning of it by
 * itself: a password stays unseen, even where a program reads keys one by one.
 * A prediction that does not come true ends all of them until then.
 *
 * It does not draw and has no clock: now is in milliseconds.
 */
export class Predictor {
  /** How long a key takes to show, in milliseconds: smoothed, null if unknown. */
  latency: number | null = null;
  /** The round trip as the connection knows it, in milliseconds. */
  rtt = 0;

  private readonly width: (char: string) => number;
  private run: Run | null = null;
  private before: Run | null = null; // ended by an unforeseen key, with some still to show
  private blindUntil = 0; // what an unforeseen key does may still come

  /** Width gives the cells of a character; 0 joins it with the one before. */
  constructor(width: (char: string) => number) {
    this.width = width;
  }

  /** Takes what was typed just now, while the emulator shows row. */
  typed(text: string, row: Row, now: number): void {
    for (const key of keysOf(text)) this.key(key, row, now);
  }

  /** Compares with what the emulator shows after more output. */
  printed(row: Row, now: number): void {
    if (this.before && !this.compare(this.before, row, now)) this.before = null;
    if (this.before?.states.length === 1) this.before = null;
    if (!this.run) return;
    if (!this.run.from) this.findStart(this.run, row, now);
    // Half of an answer may be here; it has until it is due.
    else if (!this.compare(this.run, row, now) && this.run.states.length === 1) this.run = null;
  }

  /** Gives up what should have shown by now. Returns when to ask again, or null. */
  overdue(row: Row, now: number): number | null {
    if (this.before && now >= this.before.states.at(-1)!.due) this.before = null;
    const next = this.run?.states[1];
    if (this.run && next && now >= next.due && !this.catchUp(this.run, row, now)) {
      this.blindUntil = this.run.states.at(-1)!.due;
      this.run = null;
    }
    const dues = [this.run?.states[1]?.due, this.before?.states.at(-1)?.due].filter((d) => d !== undefined);
    return dues.length > 0 ? Math.min(...dues) : null;
  }

  /** Whether it wants to know of output. */
  get waits(): boolean {
    return this.run !== null || this.before !== null;
  }

  /** Knows nothing any more. */
  forget(): void {
    this.run = null;
    this.before = null;
    this.blindUntil = 0;
  }

  /** What is to be drawn over the row that the emulator shows, if anything is. */
  drawing(): Drawing | null {
    const run = this.before ?? this.run;
    if (!run?.from || !run.trusted || run.states.length < 2) return null;
    const shown = run.states[0];
    const last = run.states.at(-1)!;
    let first = Math.min(shown.at, last.at);
    for (let i = 0; i < first; i++) if (shown.cells[i] !== last.cells[i]) first = i;
    while (first > 0 && last.cells[first] === "") first--; // a wide character is drawn whole
    const end = Math.max(last.at + 1, shown.at + 1, ...run.states.map((s) => s.cells.length));
    const cells = Array.from({ length: end - first }, (_, i) => last.cells[first + i] ?? " ");
    return { y: run.from.y, x: run.from.x + first, cells, cursor: last.at - first };
  }

  private key(key: string, row: Row, now: number): void {
    const due = now + 2 * Math.max(this.rtt, this.latency ?? 0) + SLACK_MS;
    const idle = this.run === null || (!this.run.from && this.run.states.length === 1 && now >= this.blindUntil);
    if (idle) this.run = this.begin(row, now);
    // Where a run is to be found by its text, going about in it says too little.
    const lost = this.run?.from === null && (key === LEFT || key === RIGHT);
    const next = this.run && !lost ? this.after(this.run.states.at(-1)!, key) : null;
    if (this.run && next && (this.run.from?.x ?? row.x) + next.cells.length < row.cols) {
      this.run.states.push({ ...next, typedAt: now, due });
      return;
    }
    // Whatever this key does, it may come until then.
    if (this.run?.from && this.run.states.length > 1) this.before = this.run;
    this.run = null;
    this.blindUntil = due;
  }

  /** A run that begins at the cursor, or somewhere while other keys are under way. */
  private begin(row: Row, now: number): Run | null {
    if (now < this.blindUntil) return { from: null, trusted: false, states: [empty(now)] };
    if (!freeAhead(row)) return null;
    return { from: { y: row.y, x: row.x }, trusted: false, states: [empty(now)] };
  }

  /** The line after a key; null: that can't be said. */
  private after({ cells, at }: State, key: string): Pick<State, "cells" | "at"> | null {
    if (key === BACKSPACE || key === LEFT) {
      if (at === 0) return null;
      const to = cells[at - 1] === "" ? at - 2 : at - 1;
      return { cells: key === LEFT ? cells : [...cells.slice(0, to), ...cells.slice(at)], at: to };
    }
    if (key === RIGHT) {
      if (at === cells.length) return null; // a shell may take up what it suggests
      return { cells, at: cells[at + 1] === "" ? at + 2 : at + 1 };
    }
    const width = isText(key) ? this.width(key) : 0;
    if (width < 1 || width > 2) return null;
    const typed = width === 2 ? [key, ""] : [key];
    return { cells: [...cells.slice(0, at), ...typed, ...cells.slice(at)], at: at + width };
  }

  /** Takes what has shown. False: the row shows nothing of the run. */
  private compare(run: Run, row: Row, now: number): boolean {
    // The first that fits, as going to and fro comes by the same place again.
    const k = run.states.findIndex((state) => showsAt(row, run.from!, state));
    if (k > 0) this.confirm(run, k, now);
    return k >= 0;
  }

  /** Takes the last state that fits, as all keys had their time. False: none does. */
  private catchUp(run: Run, row: Row, now: number): boolean {
    if (!run.from) return false;
    const k = run.states.findLastIndex((state) => showsAt(row, run.from!, state));
    if (k > 0) this.confirm(run, k, now);
    return k > 0;
  }

  /** Looks for what was typed ahead, left of the cursor: enough of it, or it may be chance. */
  private findStart(run: Run, row: Row, now: number): void {
    if (!freeAhead(row)) return;
    for (let k = run.states.length - 1; k > 0; k--) {
      const state = run.states[k]!;
      const x = row.x - state.at;
      const sure = state.cells.filter((c) => c.trim() !== "").length >= 2;
      const early = now - state.typedAt < SOONEST * this.rtt; // it was there before
      if (early || !sure || x < 0 || !shows(row, x, state)) continue;
      run.from = { y: row.y, x };
      this.confirm(run, k, state.typedAt);
      return;
    }
  }

  private confirm(run: Run, k: number, now: number): void {
    const state = run.states[k]!;
    const took = now - state.typedAt;
    if (took > 0) this.latency = this.latency === null ? took : 0.7 * this.latency + 0.3 * took;
    run.trusted ||= state.cells.some((c) => c.trim() !== "" && !MASK.test(c));
    run.states = run.states.slice(k) as [State, ...State[]];
  }
}

/** Latch goes on above one value and off below a lower one, so that nothing flickers. */
export class Latch {
  private readonly above: number;
  private readonly below: number;
  private on = false;

  constructor(above: number, below: number) {
    this.above = above;
    this.below = below;
  }

  take(value: number): boolean {
    this.on = value > this.above || (this.on && value >= this.below);
    return this.on;
  }
}

const BACKSPACE = "\x7f";
const LEFT = "\x1b[D";
const RIGHT = "\x1b[C";

/** The keys in what was typed at once. What is more than that is one that nobody foresees. */
function keysOf(text: string): string[] {
  if (text === LEFT || text === "\x1bOD") return [LEFT];
  if (text === RIGHT || text === "\x1bOC") return [RIGHT];
  const chars = [...text];
  if (chars.length > LONGEST || chars.some((c) => c !== BACKSPACE && !isText(c))) return [text];
  return chars;
}

function isText(key: string): boolean {
  return [...key].length === 1 && !/^[\p{C}\p{Zl}\p{Zp}]$/u.test(key);
}

function empty(now: number): State {
  return { cells: [], at: 0, typedAt: now, due: now };
}

function freeAhead(row: Row): boolean {
  for (let x = row.x; x < Math.min(row.cols, row.x + AHEAD); x++) if (!row.free(x)) return false;
  return true;
}

function showsAt(row: Row, from: { y: number; x: number }, state: State): boolean {
  return row.y === from.y && shows(row, from.x, state);
}

function shows(row: Row, from: number, { cells, at }: State): boolean {
  return row.x === from + at && cells.every((c, i) => row.at(from + i) === c);
}
