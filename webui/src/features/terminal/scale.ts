import type { Terminal } from "@xterm/xterm";
import type { Size } from "./attachment";

/** The smallest text that is still read, in pixels; what does not fit then is scrolled to. */
const READABLE = 7;
/** Room for a note below what is another's size, in pixels. */
const NOTE = 40;
/** What the emulator keeps for its scroll bar, in pixels. */
const SCROLLBAR = 14;

/** What is used of the emulator's inside, as its own fit addon does. */
interface Inside {
  _core: { _renderService: { dimensions: { css: { cell: Cell } } } };
}

export interface Cell {
  width: number;
  height: number;
}

/** How many cells fit into a place. */
export function cellsIn(place: Cell, cell: Cell): Size {
  return {
    cols: Math.max(2, Math.floor((place.width - SCROLLBAR) / cell.width)),
    rows: Math.max(1, Math.floor(place.height / cell.height)),
  };
}

/** The size of text, at most its own, in which so many cells fit into a place. */
export function fontFor(size: Size, place: Cell, cell: Cell, own: number): number {
  const wide = (place.width - SCROLLBAR) / (size.cols * cell.width);
  const high = (place.height - NOTE) / (size.rows * cell.height);
  const fitting = Math.floor(own * Math.min(1, wide, high) * 2) / 2; // in halves
  return Math.min(own, Math.max(READABLE, fitting));
}

/**
 * Letterbox shows a terminal whose size is another's: in smaller text if it has to
 * be and may be, in the middle of its place, and scrolled where it still does not
 * fit.
 */
export class Letterbox {
  private readonly host: HTMLElement;
  private readonly term: Terminal;
  private own: number; // size of text
  private cell: Cell | null = null; // in that size

  constructor(host: HTMLElement, term: Terminal, own: number) {
    this.host = host;
    this.term = term;
    this.own = own;
  }

  /** What fits here, in text of its own size; null while nothing is drawn. */
  fits(own: number): Size | null {
    if (own !== this.own) {
      if (this.cell) this.cell = scaled(this.cell, own / this.own);
      this.own = own;
    }
    if (!this.cell) this.term.options.fontSize = own;
    if (this.term.options.fontSize === own) this.measure();
    return this.cell && cellsIn(this.place(), this.cell);
  }

  /** Forgets how large a cell is, as something else draws it from now on. */
  redrawn(): void {
    this.cell = null;
  }

  /** Shows what is the own size, or another's. */
  show(foreign: boolean, scale: boolean): void {
    const { cols, rows } = this.term;
    const font = foreign && scale && this.cell ? fontFor({ cols, rows }, this.place(), this.cell, this.own) : this.own;
    if (this.term.options.fontSize !== font) this.term.options.fontSize = font;
    this.host.classList.toggle("letterbox", foreign);
    const element = this.term.element;
    if (!element) return;
    const cell = this.drawn();
    element.style.width = foreign ? `${Math.ceil(cols * cell.width) + SCROLLBAR}px` : "";
    element.style.height = foreign ? `${Math.ceil(rows * cell.height)}px` : "";
  }

  private place(): Cell {
    return { width: this.host.clientWidth, height: this.host.clientHeight };
  }

  private measure(): void {
    const cell = this.drawn();
    if (cell.width > 0 && cell.height > 0) this.cell = cell;
  }

  private drawn(): Cell {
    const { width, height } = (this.term as unknown as Inside)._core._renderService.dimensions.css.cell;
    return { width, height };
  }
}

function scaled(cell: Cell, by: number): Cell {
  return { width: cell.width * by, height: cell.height * by };
}
