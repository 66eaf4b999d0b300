/**
 * How many bytes at the end of a text are the beginning of a character whose
 * rest is still to come. The emulator's decoder (xterm.js 6.0) loses some
 * characters that are split between two writes, such as — and …, so they have
 * to be written in one.
 */
export function unfinished(bytes: Uint8Array): number {
  const from = Math.max(0, bytes.length - 3);
  for (let i = bytes.length - 1; i >= from; i--) {
    const byte = bytes[i]!;
    if (byte < 0x80) return 0;
    if (byte < 0xc0) continue; // goes on with a character
    const size = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;
    return i + size > bytes.length ? bytes.length - i : 0;
  }
  return 0;
}

/** Two pieces of a text as one. */
export function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  if (a.length === 0) return b;
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
