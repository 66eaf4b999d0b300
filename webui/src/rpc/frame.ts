// Binary frames: a fixed header and a payload. See wire/frame.go, which this
// mirrors bit by bit.

export const HEADER_SIZE = 16;

/** What a binary frame is. The numbers are frozen. */
export const Kind = { Data: 1, Credit: 2, End: 3, State: 4, Note: 5 } as const;
export type Kind = (typeof Kind)[keyof typeof Kind];

export interface Frame {
  kind: Kind;
  /** The frame comes from the side that opened the stream. */
  fromOpener: boolean;
  /** The final piece of a State. */
  last: boolean;
  stream: number;
  /** Position of the first payload byte, or for Credit the bytes allowed in all. */
  offset: number;
  payload: Uint8Array;
}

const empty = new Uint8Array(0);

export function encodeFrame(
  kind: Kind,
  stream: number,
  offset: number,
  payload: Uint8Array = empty,
): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(HEADER_SIZE + payload.length);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, kind);
  view.setUint8(1, 1); // a browser opens every stream it takes part in
  view.setUint32(4, stream);
  view.setUint32(8, Math.floor(offset / 2 ** 32));
  view.setUint32(12, offset >>> 0);
  bytes.set(payload, HEADER_SIZE);
  return bytes;
}

/** Decodes a frame, or returns null for one that breaks the format. */
export function decodeFrame(buffer: ArrayBuffer): Frame | null {
  if (buffer.byteLength < HEADER_SIZE) return null;
  const view = new DataView(buffer);
  const kind = view.getUint8(0);
  const flags = view.getUint8(1);
  if (kind < Kind.Data || kind > Kind.Note) return null;
  const allowed = kind === Kind.State ? 3 : 1;
  if ((flags & ~allowed) !== 0 || view.getUint16(2) !== 0) return null;
  const high = view.getUint32(8);
  if (high >= 2 ** 21) return null; // beyond what a number holds exactly
  return {
    kind: kind as Kind,
    fromOpener: (flags & 1) === 1,
    last: (flags & 2) === 2,
    stream: view.getUint32(4),
    offset: high * 2 ** 32 + view.getUint32(12),
    payload: new Uint8Array(buffer, HEADER_SIZE),
  };
}
