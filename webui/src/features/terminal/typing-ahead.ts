import type { Terminal } from "@xterm/xterm";
import { client } from "@/app/client";
import type { Attachment } from "./attachment";
import { Latch, Predictor, type Drawing, type Row } from "./predictor";
import { settings } from "./settings";


/** What is used of the emulator's inside: how many cells a character takes. */
interface Inside {
  _core: { unicodeService: { wcwidth(codepoint: number): number } };
}

/**
 * TypingAhead draws what is typed at once, where the way to the machine is long:
 * over the terminal, apart from what it shows, until that has caught up.
 *
 * Nothing is drawn where the machine says that lines are typed unseen, nor in a
 * program that has the whole screen, nor before a program has shown by itself
 * what is typed; see Predictor.
 */
export class TypingAhead {
  private readonly term: Terminal;
  private readonly attachment: Attachment;
  private readonly predictor: Predictor;
  private readonly layer = document.createElement("div");
  private readonly undo: (() => void)[] = [];
  private readonly shows = new Latch(30, 20);
  private readonly underlined = new Latch(80, 50);
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(term: Terminal, attachment: Attachment) {
    this.term = term;
    this.attachment = attachment;
    const widths = (term as unknown as Inside)._core.unicodeService;
    this.predictor = new Predictor((char) => widths.wcwidth(char.codePointAt(0)!));
    this.layer.className = "typing-ahead";
    this.layer.ariaHidden = "true"; // the terminal itself tells, in a moment
    this.layer.hidden = true;
    term.element?.querySelector(".xterm-screen")?.append(this.layer);
    const scrolled = term.onScroll(() => this.predictor.waits && this.draw());
    this.undo.push(
      () => scrolled.dispose(),
      attachment.takes.subscribe(() => this.check()),
      attachment.state.subscribe(() => this.forget()),
      settings.subscribe(() => this.check()),
    );
  }

  /** Takes what was typed just now. */
  typed(text: string): void {
    if (!this.may()) {
      this.forget();
      return;
    }
    const status = client.status.get();
    this.predictor.rtt = (status.phase === "open" && status.rttMs) || 0;
    this.predictor.typed(text, this.row(), performance.now());
    this.draw();
    this.wait();
  }

  /** The emulator has taken more output. */
  printed(): void {
    if (!this.predictor.waits) return;
    if (!this.may()) {
      this.forget();
      return;
    }
    this.predictor.printed(this.row(), performance.now());
    this.draw();
    this.wait();
  }

  /** Nothing that was typed is to be drawn any more. */
  forget(): void {
    this.predictor.forget();
    clearTimeout(this.timer);
    this.layer.hidden = true;
  }

  dispose(): void {
    this.forget();
    for (const undo of this.undo) undo();
    this.layer.remove();
  }

  private check(): void {
    if (!this.may()) this.forget();
  }

  /** Whether what is typed may be foreseen now: at a prompt, in short. */
  private may(): boolean {
    const { echo, keys } = this.attachment.takes.get();
    const { buffer, modes } = this.term;
    const prompt = keys ? echo || modes.bracketedPasteMode : echo;
    const here = buffer.active.type === "normal" && this.attachment.state.get().phase === "live";
    return settings.get().typeAhead && prompt && here && !this.attachment.replaying;
  }

  private row(): Row {
    const { buffer, cols } = this.term;
    const { cursorX, cursorY, baseY } = buffer.active;
    const line = buffer.active.getLine(baseY + cursorY);
    const at = (x: number) => {
      const cell = line?.getCell(x);
      return cell?.getWidth() === 0 ? "" : cell?.getChars() || " ";
    };
    // fish and zsh's plugin write the rest of a line that they suggest in grey.
    const suggested = (x: number) => {
      const cell = line?.getCell(x);
      return cell !== undefined && (cell.isDim() !== 0 || (cell.isFgPalette() && isGrey(cell.getFgColor())));
    };
    return { y: baseY + cursorY, x: cursorX, cols, at, free: (x) => at(x) === " " || suggested(x) };
  }

  /** Looks again when a prediction should have come true. */
  private wait(): void {
    clearTimeout(this.timer);
    const now = performance.now();
    const due = this.predictor.overdue(this.row(), now);
    this.draw();
    if (due !== null) this.timer = setTimeout(() => this.wait(), due - now + 1);
  }

  private draw(): void {
    const latency = Math.max(this.predictor.rtt, this.predictor.latency ?? 0);
    const shows = this.shows.take(latency);
    this.layer.classList.toggle("underlined", this.underlined.take(latency));
    const { viewportY, baseY } = this.term.buffer.active;
    const drawing = shows && viewportY === baseY ? this.predictor.drawing() : null;
    const y = (drawing?.y ?? 0) - baseY;
    this.layer.hidden = !drawing || y < 0 || y >= this.term.rows;
    if (drawing && !this.layer.hidden) this.paint(drawing, y);
  }

  private paint({ x, cells, cursor }: Drawing, y: number): void {
    const screen = this.layer.parentElement!;
    const width = screen.clientWidth / this.term.cols;
    const height = screen.clientHeight / this.term.rows;
    const { fontFamily, fontSize } = this.term.options;
    const place = this.layer.style;
    place.transform = `translate(${x * width}px, ${y * height}px)`;
    place.font = `${fontSize}px/${height}px ${fontFamily}`;
    this.layer.replaceChildren(
      ...cells.map((char, i) => {
        const cell = document.createElement("span");
        cell.textContent = char;
        cell.style.width = `${char === "" ? 0 : cells[i + 1] === "" ? 2 * width : width}px`;
        cell.style.height = `${height}px`;
        if (i === cursor) cell.className = "cursor";
        else if (char === " ") cell.className = "blank";
        return cell;
      }),
    );
  }
}

/** Whether a colour of the 256 is a grey that is neither black nor white: 8, and the middle of the ramp from 232. */
function isGrey(colour: number): boolean {
  return colour === 8 || (colour >= 236 && colour <= 246);
}
