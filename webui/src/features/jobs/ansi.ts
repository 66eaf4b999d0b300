/** A piece of text that looks alike. Colours are of the sixteen or "#rrggbb". */
export interface Span {
  text: string;
  color?: string;
  back?: string;
  bold?: boolean;
  dim?: boolean;
  italic?: boolean;
  underline?: boolean;
}

type Look = Omit<Span, "text">;

/** What is kept of a log here, in lines and in characters of one. */
export const MOST_LINES = 5_000;
const MOST_COLUMNS = 4_000;

const sixteen = [
  "var(--ansi-0)", "var(--ansi-1)", "var(--ansi-2)", "var(--ansi-3)", "var(--ansi-4)", "var(--ansi-5)", "var(--ansi-6)", "var(--ansi-7)",
  "var(--ansi-8)", "var(--ansi-9)", "var(--ansi-10)", "var(--ansi-11)", "var(--ansi-12)", "var(--ansi-13)", "var(--ansi-14)", "var(--ansi-15)",
];

function hex(...parts: number[]): string {
  return `#${parts.map((n) => Math.min(255, Math.max(0, n)).toString(16).padStart(2, "0")).join("")}`;
}

/** A colour of the 256: sixteen, a cube of six, and greys. */
function of256(n: number): string | undefined {
  if (!(n >= 0 && n <= 255)) return undefined;
  if (n < 16) return sixteen[n];
  if (n >= 232) return hex(...Array<number>(3).fill(8 + 10 * (n - 232)));
  const step = (v: number) => (v === 0 ? 0 : 55 + 40 * v);
  n -= 16;
  return hex(step(Math.floor(n / 36)), step(Math.floor(n / 6) % 6), step(n % 6));
}

/**
 * Lines turns what a program printed into lines that can be shown. It knows
 * colours (SGR) and a return to the line's beginning, as progress bars use it;
 * every other escape sequence is left out. Bytes may come in any pieces.
 */
export class Lines {
  /** Lines that have ended, the latest MOST_LINES. */
  readonly done: Span[][] = [];
  /** How many there were before those. */
  dropped = 0;

  private readonly decoder = new TextDecoder();
  private look: Look = {};
  private line: Span[] = [];
  private columns = 0;
  private returned = false; // what comes next begins the line anew
  private escape = ""; // a sequence that has not ended

  add(bytes: Uint8Array): void {
    let text = this.escape + this.decoder.decode(bytes, { stream: true });
    this.escape = "";
    while (text !== "") {
      const at = text.search(/[\x1b\n\r]/);
      if (at !== 0) {
        this.put(at < 0 ? text : text.slice(0, at));
        text = at < 0 ? "" : text.slice(at);
        continue;
      }
      if (text[0] === "\n") this.end();
      else if (text[0] === "\r") this.returned = true;
      else {
        const rest = this.sequence(text);
        if (rest === null) return;
        text = rest;
        continue;
      }
      text = text.slice(1);
    }
  }

  /** A line of the reader's own, such as a gap. */
  note(text: string): void {
    this.end();
    this.done.push([{ text, dim: true, italic: true }]);
  }

  /** The line that has not ended. */
  get rest(): Span[] {
    return this.line;
  }

  private put(text: string): void {
    // eslint-disable-next-line no-control-regex
    text = text.replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "");
    if (text === "") return;
    if (this.returned) this.clear();
    const room = MOST_COLUMNS - this.columns;
    if (room <= 0) return;
    text = text.slice(0, room);
    this.columns += text.length;
    const last = this.line.at(-1);
    if (last && same(last, this.look)) last.text += text;
    else this.line.push({ text, ...this.look });
  }

  private clear(): void {
    this.line = [];
    this.columns = 0;
    this.returned = false;
  }

  private end(): void {
    this.done.push(this.line);
    this.clear();
    if (this.done.length > MOST_LINES + 500) {
      this.dropped += this.done.length - MOST_LINES;
      this.done.splice(0, this.done.length - MOST_LINES);
    }
  }

  /** Takes an escape sequence off the front; null if it has not ended. */
  private sequence(text: string): string | null {
    // eslint-disable-next-line no-control-regex
    const csi = /^\x1b\[([0-9;:?<=>]*)[ -/]*([@-~])/.exec(text);
    if (csi) {
      if (csi[2] === "m" && /^[0-9;:]*$/.test(csi[1]!)) this.style(csi[1]!);
      if (csi[2] === "K") this.returned = false;
      return text.slice(csi[0].length);
    }
    // eslint-disable-next-line no-control-regex
    const string = /^\x1b[\]PX^_][^\x07\x1b]*(\x07|\x1b\\)/.exec(text);
    if (string) return text.slice(string[0].length);
    // eslint-disable-next-line no-control-regex
    const open = /^\x1b($|\[[0-9;:?<=>]*[ -/]*$|[\]PX^_][^\x07\x1b]*(\x1b)?$)/.test(text);
    if (open && text.length < 4096) {
      this.escape = text;
      return null;
    }
    return text.slice(2);
  }

  /** Follows a sequence that sets how text looks. */
  private style(params: string): void {
    const codes = params.split(/[;:]/).map((p) => (p === "" ? 0 : Number(p)));
    const look: Look = { ...this.look };
    const set = (key: "color" | "back", value: string | undefined) => {
      if (value === undefined) delete look[key];
      else look[key] = value;
    };
    for (let i = 0; i < codes.length; i++) {
      const n = codes[i]!;
      if (n === 0) for (const key of Object.keys(look)) delete look[key as keyof Look];
      else if (n === 1) look.bold = true;
      else if (n === 2) look.dim = true;
      else if (n === 3) look.italic = true;
      else if (n === 4) look.underline = true;
      else if (n === 22) {
        delete look.bold;
        delete look.dim;
      } else if (n === 23) delete look.italic;
      else if (n === 24) delete look.underline;
      else if (n >= 30 && n <= 37) set("color", sixteen[n - 30]);
      else if (n >= 90 && n <= 97) set("color", sixteen[n - 82]);
      else if (n >= 40 && n <= 47) set("back", sixteen[n - 40]);
      else if (n >= 100 && n <= 107) set("back", sixteen[n - 92]);
      else if (n === 39) set("color", undefined);
      else if (n === 49) set("back", undefined);
      else if (n === 38 || n === 48) {
        const key = n === 38 ? "color" : "back";
        if (codes[i + 1] === 5) {
          set(key, of256(codes[i + 2] ?? -1));
          i += 2;
        } else if (codes[i + 1] === 2) {
          set(key, hex(codes[i + 2] ?? 0, codes[i + 3] ?? 0, codes[i + 4] ?? 0));
          i += 4;
        }
      }
    }
    this.look = look;
  }
}

function same(a: Look, b: Look): boolean {
  return a.color === b.color && a.back === b.back && a.bold === b.bold && a.dim === b.dim && a.italic === b.italic && a.underline === b.underline;
}
