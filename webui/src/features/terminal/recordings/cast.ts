/** What the first line of an asciicast file says. */
export interface CastHeader {
  version: 2 | 3;
  cols: number;
  rows: number;
  title: string;
  command: string;
  /** Seconds since 1970, null if the file does not say. */
  timestamp: number | null;
}

/** Something that happened in a recorded session. */
export interface CastEvent {
  /** Seconds since the beginning. */
  at: number;
  /** "o" output, "r" a size such as 80x24, "m" a marker, "x" the exit status; others are to be ignored. */
  code: string;
  data: string;
}

/** Why a file can't be played, in words. */
export class CastError extends Error {}

const MAX_CELLS = 1_000;
const MAX_EVENTS = 5_000_000;
const MAX_LINE = 8 << 20;

/** Reads an asciicast file, version 2 or 3, piece by piece. */
export class CastReader {
  header: CastHeader | null = null;
  /** All so far, in order; more are added in place. */
  readonly events: CastEvent[] = [];

  private readonly decoder = new TextDecoder();
  private rest = "";
  private last = 0;

  /** Takes the next bytes of the file. */
  feed(bytes: Uint8Array): void {
    this.take(this.decoder.decode(bytes, { stream: true }));
  }

  /** Says that the file is over. Half a line at its end is left out: its writer was cut off. */
  end(): void {
    this.take(this.decoder.decode());
    if (this.rest.trim() !== "") {
      const last = this.rest;
      this.rest = "";
      try {
        this.line(last);
      } catch (err) {
        if (!this.header) throw err;
      }
    }
    if (!this.header) throw new CastError("This file is empty.");
  }

  /** How long the recording is, in seconds. */
  get duration(): number {
    return this.last;
  }

  private take(text: string): void {
    const all = this.rest + text;
    let from = 0;
    for (let to = all.indexOf("\n"); to >= 0; to = all.indexOf("\n", from)) {
      this.line(all.slice(from, to));
      from = to + 1;
    }
    this.rest = all.slice(from);
    if (this.rest.length > MAX_LINE) throw new CastError("This is not a recording of a terminal: a line in it has no end.");
  }

  private line(line: string): void {
    if (!this.header) {
      this.header = header(line);
      return;
    }
    if (line.trim() === "" || line.startsWith("#")) return;
    const event: unknown = parse(line);
    if (!Array.isArray(event)) throw new CastError("This recording is damaged: a line in it is no event.");
    const [time, code, data] = event as unknown[];
    if (typeof time !== "number" || !Number.isFinite(time) || typeof code !== "string" || typeof data !== "string") {
      throw new CastError("This recording is damaged: a line in it is no event.");
    }
    if (this.events.length >= MAX_EVENTS) throw new CastError("This recording is too long to be played here.");
    this.last = Math.max(this.last, this.header.version === 3 ? this.last + time : time);
    this.events.push({ at: this.last, code, data });
  }
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new CastError("This recording is damaged: a line in it can’t be read.");
  }
}

function header(line: string): CastHeader {
  let head: Record<string, unknown> | null = null;
  try {
    head = JSON.parse(line) as Record<string, unknown>;
  } catch {
    // said below
  }
  if (typeof head !== "object" || head === null || (head.version !== 2 && head.version !== 3)) {
    throw new CastError("This is not a recording that Homie can play. It plays asciicast files, version 2 and 3.");
  }
  const term = (head.version === 3 ? head.term : { cols: head.width, rows: head.height }) as Record<string, unknown> | null;
  return {
    version: head.version,
    cols: cells(term?.cols, 80),
    rows: cells(term?.rows, 24),
    title: text(head.title),
    command: text(head.command),
    timestamp: typeof head.timestamp === "number" ? head.timestamp : null,
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function cells(value: unknown, usual: number): number {
  return typeof value === "number" && value >= 1 ? Math.min(MAX_CELLS, Math.floor(value)) : usual;
}

/** The size that an "r" event names, null for none. */
export function sizeOf(data: string): { cols: number; rows: number } | null {
  const found = /^(\d{1,5})x(\d{1,5})$/.exec(data);
  return found ? { cols: cells(Number(found[1]), 80), rows: cells(Number(found[2]), 24) } : null;
}
