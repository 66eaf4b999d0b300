import type { IDisposable, IMarker, Terminal } from "@xterm/xterm";
import { Store } from "@/lib/store";

/** A place in the buffer, which moves with its line. */
interface Place {
  marker: IMarker;
  col: number;
}

/** A command that the shell ran, or waits for, as its marks tell (OSC 133). */
export interface Command {
  prompt: IMarker;
  input: Place | null;
  output: Place | null;
  end: Place | null;
  /** Its status; null: it runs, or the shell did not say. */
  exit: number | null;
}

/** How a command stands. */
export type Standing = "typing" | "running" | "done" | "failed";

/** What is used of the emulator's inside: it puts markers at the cursor only. */
interface Inside {
  _core: { buffers: { normal: { addMarker(line: number): IMarker; lines: { length: number } } } };
}

/** How many commands are remembered. */
const MOST = 2_000;
/** What is at least between what was typed and a prompt at the right. */
const RIGHT_GAP = "    ";

/** Marks knows where the commands of a terminal begin and end. */
export class Marks {
  /** Counts the changes, for whoever shows them. */
  readonly changes = new Store(0);
  private readonly term: Terminal;
  private all: Command[] = [];
  private readonly handlers: IDisposable[];

  constructor(term: Terminal) {
    this.term = term;
    this.handlers = [
      term.parser.registerOscHandler(133, (data) => {
        const marker = term.registerMarker(0); // none on the alternate screen
        if (marker) this.mark(data[0] ?? "", { marker, col: term.buffer.active.cursorX }, data.split(";")[1]);
        return true;
      }),
      term.parser.registerEscHandler({ final: "c" }, () => {
        this.forget(); // a full reset, which leaves the emulator's markers behind
        return false;
      }),
    ];
  }

  /** The commands whose prompts are still there, oldest first. */
  get commands(): Command[] {
    if (this.all.some((c) => c.prompt.isDisposed)) this.all = this.all.filter((c) => !c.prompt.isDisposed);
    return this.all;
  }

  /** Puts back the marks of a state that was just shown, as its note has them. */
  restore(marks: string): void {
    const { normal } = (this.term as unknown as Inside)._core.buffers;
    for (const mark of marks.split(" ")) {
      const [line = 0, col = 0, exit] = mark.slice(1).split(",");
      const y = Number(line);
      if (y >= normal.lines.length) continue;
      this.mark(mark[0] ?? "", { marker: normal.addMarker(y), col: Number(col) }, exit);
    }
  }

  /** Forgets all: the terminal was reset. */
  forget(): void {
    for (const c of this.all) for (const m of [c.prompt, c.input?.marker, c.output?.marker, c.end?.marker]) m?.dispose();
    this.all = [];
    this.changes.update((n) => n + 1);
  }

  dispose(): void {
    for (const handler of this.handlers) handler.dispose();
  }

  private mark(kind: string, at: Place, exit: string | undefined): void {
    let last = this.commands.at(-1);
    switch (kind) {
      case "A":
        // A prompt that is drawn anew is the same one.
        while (last && !last.output && last.prompt.line >= at.marker.line) {
          this.all.pop();
          last = this.all.at(-1);
        }
        this.add(at.marker);
        break;
      case "B":
        if (last && !last.output) last.input = at;
        break;
      case "C":
        if (!last || last.output) last = this.add(at.marker);
        last.output = at;
        break;
      case "D":
        if (!last?.output || last.end) return;
        last.end = at;
        last.exit = exit !== undefined && /^\d{1,3}$/.test(exit) ? Number(exit) : null;
        break;
      default:
        return;
    }
    this.changes.update((n) => n + 1);
  }

  private add(prompt: IMarker): Command {
    const command: Command = { prompt, input: null, output: null, end: null, exit: null };
    this.all.push(command);
    if (this.all.length > MOST) this.all.shift();
    return command;
  }
}

export function standing(c: Command): Standing {
  if (!c.output) return "typing";
  if (!c.end) return "running";
  return c.exit === null || c.exit === 0 ? "done" : "failed";
}

/** What was typed, "" if that is not known. */
export function commandText(term: Terminal, c: Command): string {
  if (!c.input || !c.output || c.input.marker.isDisposed) return "";
  const [first = "", ...rest] = between(term, c.input, c.output).split("\n");
  return [withoutRight(term, c.input, first), ...rest].join("\n").trim();
}

/** What it printed, so far if it runs. */
export function outputText(term: Terminal, c: Command): string {
  if (!c.output || c.output.marker.isDisposed) return "";
  const { normal } = term.buffer;
  const end = c.end ? { line: c.end.marker.line, col: c.end.col } : { line: normal.length, col: 0 };
  return between(term, c.output, end).replace(/\n+$/, "\n");
}

/** The first row of what was typed, without a prompt at the right. */
function withoutRight(term: Terminal, at: Place, text: string): string {
  const row = term.buffer.normal.getLine(at.marker.line)?.translateToString(true) ?? "";
  const gap = text.lastIndexOf(RIGHT_GAP);
  return row.length >= term.cols - 1 && gap > 0 ? text.slice(0, gap) : text;
}

/** The text from a place up to another; lines that wrap are one. */
function between(term: Terminal, from: Place, to: Place | { line: number; col: number }): string {
  const buffer = term.buffer.normal;
  const last = "marker" in to ? to.marker.line : to.line;
  let text = "";
  for (let y = Math.max(0, from.marker.line); y <= last && y < buffer.length; y++) {
    const line = buffer.getLine(y);
    if (y > from.marker.line && !line?.isWrapped) text += "\n";
    const end = y === last ? to.col : undefined;
    if (end === 0) break;
    const wraps = buffer.getLine(y + 1)?.isWrapped ?? false;
    text += line?.translateToString(!wraps && end === undefined, y === from.marker.line ? from.col : 0, end) ?? "";
  }
  return text;
}
