import type { CastEvent } from "./cast";

/** A place in a recording where a text was printed. */
export interface Found {
  at: number;
  /** The line around it. */
  line: string;
}

const MOST_FOUND = 200;
const AROUND = 60;

// CSI, OSC, other strings, and the short sequences, in this order.
const sequences = /\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_][^\x1b]*\x1b\\|\x1b[ -/]*[0-~]/g;
const controls = /[\x00-\x09\x0b-\x1f\x7f]/g;

/** The text of a recording without what steers the terminal, to be searched. */
export class Transcript {
  private text = "";
  private readonly starts: number[] = []; // of each event's text
  private readonly times: number[] = [];
  private read = 0;

  /** The places where a text was printed, whatever its case, the earliest first. */
  find(events: CastEvent[], wanted: string): Found[] {
    this.extend(events);
    if (wanted === "") return [];
    const folded = this.text.toLowerCase();
    // A few letters change their length: then case matters.
    const [where, what] = folded.length === this.text.length ? [folded, wanted.toLowerCase()] : [this.text, wanted];
    const found: Found[] = [];
    for (let i = where.indexOf(what); i >= 0 && found.length < MOST_FOUND; i = where.indexOf(what, i + what.length)) {
      found.push({ at: this.timeOf(i + what.length - 1), line: this.lineAt(i, what.length) });
    }
    return found;
  }

  private extend(events: CastEvent[]): void {
    const parts: string[] = [];
    let length = this.text.length;
    for (; this.read < events.length; this.read++) {
      const event = events[this.read]!;
      if (event.code !== "o") continue;
      const plain = event.data.replace(sequences, "").replace(controls, "");
      if (plain === "") continue;
      this.starts.push(length);
      this.times.push(event.at);
      parts.push(plain);
      length += plain.length;
    }
    this.text += parts.join("");
  }

  private timeOf(offset: number): number {
    let low = 0;
    let high = this.starts.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.starts[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.times[low - 1] ?? 0;
  }

  private lineAt(offset: number, length: number): string {
    const from = Math.max(this.text.lastIndexOf("\n", offset - 1) + 1, offset - AROUND);
    const end = this.text.indexOf("\n", offset + length);
    return this.text.slice(from, Math.min(end < 0 ? this.text.length : end, offset + length + AROUND));
  }
}
