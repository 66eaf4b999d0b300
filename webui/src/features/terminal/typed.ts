/** How much is kept of what was typed, in bytes. */
const KEPT = 64 << 10;

/**
 * Typed numbers the bytes that a viewer ever typed and keeps the latest, for a
 * session that may not have got all of them when the connection was lost.
 */
export class Typed {
  private kept: Uint8Array<ArrayBuffer> = new Uint8Array(0);
  private from = 0; // number of the first byte kept
  private given = 0; // bytes that were handed to a stream

  get total(): number {
    return this.from + this.kept.length;
  }

  /** How many bytes wait for a stream. */
  get waiting(): number {
    return this.total - this.given;
  }

  add(bytes: Uint8Array): void {
    const all = new Uint8Array(this.kept.length + bytes.length);
    all.set(this.kept);
    all.set(bytes, this.kept.length);
    const surplus = Math.max(0, all.length - KEPT);
    this.kept = all.slice(surplus);
    this.from += surplus;
  }

  /** Everything that was added was handed to a stream. */
  sent(): void {
    this.given = this.total;
  }

  /**
   * What a session is still to get that has taken so many bytes, and the number
   * of the first one. Null: it knows nothing of this viewer, and gets what no
   * stream ever got; what was sent before may have been taken.
   */
  since(taken: number | null): { at: number; bytes: Uint8Array } {
    const at = Math.min(Math.max(taken ?? this.given, this.from), this.total);
    return { at, bytes: this.kept.subarray(at - this.from) };
  }
}
