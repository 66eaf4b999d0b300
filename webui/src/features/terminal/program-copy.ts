import type { IDisposable, Terminal } from "@xterm/xterm";
import { copyText } from "@/lib/clipboard";
import { Store } from "@/lib/store";

/** How much a program may ask to copy, in characters of base64. */
const MOST = 1 << 20;
/** How long after a key or click a session counts as used. */
const USED_MS = 5 * 60_000;

/** A text that a program wants on the clipboard, and somebody has to allow. */
export interface Wish {
  text: string;
}

/**
 * What programs in a terminal want to copy (OSC 52). Nothing is copied before a
 * person says so, and nothing of the clipboard is ever told to a program.
 */
export class ProgramCopy {
  readonly wish = new Store<Wish | null>(null);
  private always = false;
  private usedAt = 0;
  private readonly looksNow: () => boolean;

  /** looksNow says whether somebody sees the terminal and this is no replay. */
  constructor(looksNow: () => boolean) {
    this.looksNow = looksNow;
  }

  /** Listens to a terminal's program. */
  listen(term: Pick<Terminal, "parser">): IDisposable {
    return term.parser.registerOscHandler(52, (data) => {
      const text = wanted(data);
      if (text && this.looksNow() && Date.now() - this.usedAt < USED_MS) this.ask(text);
      return true;
    });
  }

  /** Somebody typed or clicked there. */
  used(): void {
    this.usedAt = Date.now();
  }

  async allow(always: boolean): Promise<void> {
    const text = this.wish.get()?.text;
    this.wish.set(null);
    this.always ||= always;
    if (text) await copyText(text);
  }

  refuse(): void {
    this.wish.set(null);
  }

  private ask(text: string): void {
    this.wish.set(this.always ? null : { text });
    // A browser may want a click for it, after all.
    if (this.always) copyText(text).catch(() => this.wish.set({ text }));
  }
}

/** The text of an OSC 52; null for a question what is on the clipboard, and for what is none. */
export function wanted(data: string): string | null {
  const at = data.indexOf(";");
  const base64 = data.slice(at + 1);
  if (at < 0 || at > 16 || base64.length > MOST || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  try {
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes) || null;
  } catch {
    return null;
  }
}
