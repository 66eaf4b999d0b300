import type { IDisposable, Terminal } from "@xterm/xterm";

/** How many megabytes the pictures of one terminal may take. */
const MEMORY_MB = 32;
/** How many dots one picture may have, and how many megabytes on its way. */
const DOTS = 4_096 * 2_048;
const PICTURE_BYTES = 16 << 20;

/** The beginning of a picture: sixel, or what iTerm has for it. */
const BEGINS = /\x1bP[0-9;]*(?:q|$)|\x1b\]1(?:$|3(?:$|3(?:$|7(?:$|;))))/;
/** How much of what came before is looked at again. */
const KEPT = 32;

/** Finds the first picture in output, also where it is cut in pieces. */
export class PictureFinder {
  private tail = "";

  /** Whether a picture may begin in these bytes. */
  sees(bytes: Uint8Array): boolean {
    if (this.tail === "" && !bytes.includes(0x1b)) return false;
    let text = this.tail;
    for (let i = 0; i < bytes.length; i += 8_192) text += String.fromCharCode(...bytes.subarray(i, i + 8_192));
    const escape = text.lastIndexOf("\x1b");
    this.tail = escape >= 0 && text.length - escape <= KEPT ? text.slice(escape) : "";
    return BEGINS.test(text);
  }
}

/** Writes to a terminal, and waits with the first picture until there is what draws it. */
export class PictureWriter {
  private readonly term: Terminal;
  private readonly finder = new PictureFinder();
  private ready = false;
  private waiting: [bytes: Uint8Array | string, parsed: () => void][] | null = null; // bounded by the stream's credit

  constructor(term: Terminal) {
    this.term = term;
  }

  /** Writes output, or nothing, and calls back once all before it was parsed. */
  write(bytes: Uint8Array | string, parsed: () => void): void {
    if (this.waiting) {
      this.waiting.push([bytes, parsed]);
      return;
    }
    if (!this.ready && typeof bytes !== "string" && this.finder.sees(bytes)) {
      this.waiting = [[bytes, parsed]];
      // Without it, what describes a picture is passed over.
      void drawImages(this.term).catch(() => {}).then(() => this.goOn());
      return;
    }
    this.term.write(bytes, parsed);
  }

  private goOn(): void {
    this.ready = true;
    const waiting = this.waiting ?? [];
    this.waiting = null;
    for (const [bytes, parsed] of waiting) this.term.write(bytes, parsed);
  }
}

/** Lets a terminal draw pictures. What does that is loaded when the first one comes. */
export async function drawImages(term: Terminal): Promise<IDisposable> {
  const { ImageAddon } = await import("@xterm/addon-image");
  const addon = new ImageAddon({
    enableSizeReports: false, // whoever asks is answered as without pictures
    pixelLimit: DOTS,
    sixelSizeLimit: PICTURE_BYTES,
    iipSizeLimit: PICTURE_BYTES,
    storageLimit: MEMORY_MB,
    showPlaceholder: true,
  });
  term.loadAddon(addon);
  return addon;
}
