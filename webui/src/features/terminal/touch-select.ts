import type { Terminal } from "@xterm/xterm";
import { Store } from "@/lib/store";
import type { Point } from "./gestures";

/** A place between two cells: column, and row counted from the first of the scrollback. */
export interface Place {
  x: number;
  y: number;
}

/** What is selected: from the first place up to the second. */
export interface Range {
  start: Place;
  end: Place;
}

const EDGE_MS = 60; // between two lines while a handle is held at an edge

/**
 * TouchSelect selects with a finger: the word under a long press first, whose
 * ends can then be moved. The emulator holds the selection and draws it.
 */
export class TouchSelect {
  /** What a finger has selected; null: nothing, or a mouse did. */
  readonly range = new Store<Range | null>(null);
  /** Grows when the same range has come to stand elsewhere on the screen. */
  readonly moved = new Store(0);

  private readonly term: Terminal;
  private edge: ReturnType<typeof setInterval> | undefined;

  constructor(term: Terminal) {
    this.term = term;
    term.onSelectionChange(() => !term.hasSelection() && this.range.set(null));
    term.onScroll(() => this.range.get() && this.moved.update((n) => n + 1));
    term.onResize(() => this.clear());
  }

  /** Selects the word at a point. */
  press(at: Point): void {
    const place = this.at(at);
    const word = wordAt(this.rowText(place.y), place.x);
    this.select({ start: { x: word.from, y: place.y }, end: { x: word.to, y: place.y } });
    navigator.vibrate?.(10);
  }

  /** Moves an end to a point. Returns which end it is by then, as ends can change places. */
  drag(end: keyof Range, at: Point): keyof Range {
    const range = this.range.get();
    if (!range) return end;
    const other = end === "start" ? range.end : range.start;
    const to = this.at(at, Math.round);
    if (before(to, other) || (end === "start" && same(to, other))) {
      this.select({ start: same(to, other) ? { x: Math.max(0, other.x - 1), y: other.y } : to, end: other });
      this.scrollAtEdge("start", at);
      return "start";
    }
    this.select({ start: other, end: same(to, other) ? { x: other.x + 1, y: other.y } : to });
    this.scrollAtEdge("end", at);
    return "end";
  }

  /** The handle was let go. */
  drop(): void {
    clearInterval(this.edge);
  }

  all(): void {
    const { length } = this.term.buffer.active;
    this.select({ start: { x: 0, y: 0 }, end: { x: this.term.cols, y: length - 1 } });
  }

  clear(): void {
    this.drop();
    if (this.range.get()) this.term.clearSelection();
    this.range.set(null);
  }

  /** Where a place is shown, in pixels from the corner of the region that the terminal stands in. */
  position({ x, y }: Place): { left: number; top: number; bottom: number; visible: boolean } {
    const { width, height } = this.cell();
    const screen = this.screen();
    const region = this.term.element!.closest('[role="region"]')!.getBoundingClientRect();
    const row = y - this.term.buffer.active.viewportY;
    const top = screen.top - region.top + row * height;
    return { left: screen.left - region.left + x * width, top, bottom: top + height, visible: row >= 0 && row < this.term.rows };
  }

  private select(range: Range): void {
    const { start, end } = range;
    this.term.select(start.x, start.y, Math.max(1, (end.y - start.y) * this.term.cols + end.x - start.x));
    this.range.set(range);
  }

  private screen(): DOMRect {
    return this.term.element!.querySelector(".xterm-screen")!.getBoundingClientRect();
  }

  private cell(): { width: number; height: number } {
    const { width, height } = this.screen();
    return { width: width / this.term.cols, height: height / this.term.rows };
  }

  /** The cell at a point, or with round the border between two that is nearest. */
  private at({ clientX, clientY }: Point, round = Math.floor): Place {
    const { left, top } = this.screen();
    const { width, height } = this.cell();
    const row = Math.min(this.term.rows - 1, Math.max(0, Math.floor((clientY - top) / height)));
    const x = Math.min(this.term.cols, Math.max(0, round((clientX - left) / width)));
    return { x, y: row + this.term.buffer.active.viewportY };
  }

  private rowText(y: number): string[] {
    const line = this.term.buffer.active.getLine(y);
    return Array.from({ length: this.term.cols }, (_, x) => {
      const cell = line?.getCell(x);
      return cell?.getWidth() === 0 ? "" : cell?.getChars() || " ";
    });
  }

  /** Scrolls on while a handle is held above or below what is seen. */
  private scrollAtEdge(end: keyof Range, at: Point): void {
    clearInterval(this.edge);
    const { top, bottom } = this.screen();
    const by = at.clientY < top + 4 ? -1 : at.clientY > bottom - 4 ? 1 : 0;
    if (by === 0) return;
    this.edge = setInterval(() => {
      const { viewportY } = this.term.buffer.active;
      this.term.scrollLines(by);
      if (this.term.buffer.active.viewportY !== viewportY) this.drag(end, at);
      else clearInterval(this.edge);
    }, EDGE_MS);
  }
}

function before(a: Place, b: Place): boolean {
  return a.y < b.y || (a.y === b.y && a.x < b.x);
}

function same(a: Place, b: Place): boolean {
  return a.x === b.x && a.y === b.y;
}

/** What belongs to a word: also what paths, options and addresses are made of. */
const WORD = /^[\p{L}\p{N}\p{M}_\-./~:@%+#?&=]?$/u;

/** The columns of the word at a column; of the one cell if there is none. "" continues a wide character. */
export function wordAt(cells: string[], x: number): { from: number; to: number } {
  let from = Math.min(x, cells.length - 1);
  if (!WORD.test(cells[from] ?? " ")) return { from, to: from + 1 };
  let to = from + 1;
  while (from > 0 && WORD.test(cells[from - 1]!)) from--;
  while (to < cells.length && WORD.test(cells[to]!)) to++;
  return { from, to };
}
