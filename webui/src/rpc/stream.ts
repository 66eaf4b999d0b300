import type { Limits, WireError } from "@/gen/api";
import { RpcError, localError } from "./errors";
import { Kind, encodeFrame, type Frame } from "./frame";
import { Window } from "./window";

export interface StreamHandlers<R> {
  /** The call was answered; data follows. */
  onOpen(result: R): void;
  /** Bytes arrived. Call stream.consumed(n) once they have been used up. */
  onData(bytes: Uint8Array, offset: number): void;
  /**
   * A piece of a description of the source as it is at offset, which stands for
   * everything before: with the first piece, forget what came; after the last,
   * data goes on at offset. Consumed as data is.
   */
  onState(bytes: Uint8Array, offset: number, last: boolean): void;
  /** What the source says of itself from offset on, in order with its bytes. */
  onNote(note: unknown, offset: number): void;
  /** Some of what waited here was sent: write may take more. */
  onRoom?(): void;
  /** The stream is over: null for an orderly end, else why. */
  onEnd(error: RpcError | null): void;
  /** The connection went away; whatever the stream was about may live on. */
  onLost(): void;
}

/** What may wait here for credit before write refuses more, in bytes. */
export const MAX_QUEUED = 1 << 20;

/**
 * Stream is a two-way flow of bytes beside a call. Both directions have credit:
 * what arrives is granted anew only when it was consumed, what is written waits
 * until the other side has room.
 */
export class Stream<R = unknown> {
  readonly id: number;

  private readonly send: (frame: Uint8Array<ArrayBuffer>) => void;
  private readonly limits: Limits;
  private readonly handlers: StreamHandlers<R>;

  private opened = false;
  private over = false;
  private early: Frame[] = [];

  // Receiving, in payload bytes since the start.
  private received = 0;
  private consumedTotal = 0;
  private granted: number;
  private readonly window: Window;
  private readonly rtt: () => number | null;
  private beyondMs = 0; // see beyond

  // Sending, in payload bytes since the start.
  private queue: { kind: Kind; bytes: Uint8Array }[] = [];
  private queued = 0;
  private sent = 0;
  private offset = 0; // of the next byte to send
  private allowed: number;
  private ending = false;

  constructor(
    id: number,
    limits: Limits,
    handlers: StreamHandlers<R>,
    send: (frame: Uint8Array<ArrayBuffer>) => void,
    rtt: () => number | null = () => null,
  ) {
    this.id = id;
    this.limits = limits;
    this.handlers = handlers;
    this.send = send;
    this.rtt = rtt;
    this.window = new Window(limits);
    this.granted = limits.windowBytes;
    this.allowed = limits.windowBytes;
  }

  /** Whether nothing more will come of it. */
  get finished(): boolean {
    return this.over;
  }

  /** Whether bytes that are written now reach the other side. */
  get live(): boolean {
    return this.opened && !this.over && !this.ending;
  }

  /**
   * Queues bytes for the other side, in order. False means that nothing of them
   * was taken: the stream is not live, or too much is waiting already.
   */
  write(bytes: Uint8Array): boolean {
    if (!this.live || this.queued + bytes.length > MAX_QUEUED) return false;
    if (bytes.length > 0) this.enqueue(Kind.Data, bytes);
    return true;
  }

  /** How many of the bytes that were written wait here for the other side. */
  get waiting(): number {
    return this.queued;
  }

  /** Gives the first byte that is written an offset other than 0. */
  startAt(offset: number): void {
    this.offset = offset;
  }

  /** Says something of this side, in order with what is written. False: it is not live. */
  note(note: object): boolean {
    if (!this.live) return false;
    this.enqueue(Kind.Note, new TextEncoder().encode(JSON.stringify(note)));
    return true;
  }

  /** Says that n more of the bytes given to onData or onState were used up. */
  consumed(n: number): void {
    this.consumedTotal += n;
    if (this.over || n === 0) return;
    const rtt = this.roundTrip();
    this.window.consumed(n, performance.now(), rtt);
    const want = this.consumedTotal + this.window.size(rtt);
    if (want - this.granted < this.window.step(rtt)) return;
    this.granted = want;
    this.send(encodeFrame(Kind.Credit, this.id, this.granted));
  }

  /** Says how much longer than the connection's a round trip is here: the other side passes it on. */
  beyond(ms: number): void {
    this.beyondMs = ms;
  }

  private roundTrip(): number | null {
    const rtt = this.rtt();
    return rtt === null ? null : rtt + this.beyondMs;
  }

  /** Ends this side's direction, after what is queued. The other side answers. */
  end(): void {
    if (this.over || this.ending) return;
    this.ending = true;
    this.flush();
  }

  /** The call that opened the stream was answered. */
  open(result: R): void {
    this.opened = true;
    this.handlers.onOpen(result);
    const early = this.early;
    this.early = [];
    for (const frame of early) this.receive(frame);
    // An end that was asked for before the answer came is sent now.
    if (this.ending) this.flush();
  }

  /** The call was refused, or the other side sent nonsense. */
  fail(error: RpcError): void {
    if (this.over) return;
    this.over = true;
    this.handlers.onEnd(error);
  }

  /** The connection went away. */
  lose(): void {
    if (this.over) return;
    this.over = true;
    this.handlers.onLost();
  }

  /** Takes a frame that arrived. True means that the stream is over. */
  receive(frame: Frame): boolean {
    if (this.over) return true;
    if (!this.opened) {
      this.early.push(frame);
      return false;
    }
    switch (frame.kind) {
      case Kind.Data:
      case Kind.State:
      case Kind.Note:
        return this.receiveBytes(frame);
      case Kind.Credit:
        this.allowed = Math.max(this.allowed, frame.offset);
        this.flush();
        if (this.queued < MAX_QUEUED / 2) this.handlers.onRoom?.();
        return false;
      case Kind.End:
        return this.receiveEnd(frame.payload);
    }
  }

  private receiveBytes(frame: Frame): boolean {
    if (this.received === this.consumedTotal) this.window.arrived(performance.now(), this.roundTrip());
    this.received += frame.payload.length;
    if (this.received > this.granted) {
      this.fail(localError("protocol_violation", "Homie sent more than was asked for. Open it again."));
      return true;
    }
    if (frame.kind === Kind.Data) this.handlers.onData(frame.payload, frame.offset);
    else if (frame.kind === Kind.State) this.handlers.onState(frame.payload, frame.offset, frame.last);
    else this.receiveNote(frame);
    return false;
  }

  private receiveNote(frame: Frame): void {
    this.consumed(frame.payload.length);
    let note: unknown;
    try {
      note = JSON.parse(new TextDecoder().decode(frame.payload));
    } catch {
      return; // a note is never needed to show what follows
    }
    this.handlers.onNote(note, frame.offset);
  }

  private receiveEnd(payload: Uint8Array): boolean {
    let error: RpcError | null = null;
    if (payload.length > 0) error = parseEnd(payload);
    else if (!this.ending) this.send(encodeFrame(Kind.End, this.id, this.offset));
    this.over = true;
    this.handlers.onEnd(error);
    return true;
  }

  private enqueue(kind: Kind, bytes: Uint8Array): void {
    this.queue.push({ kind, bytes });
    this.queued += bytes.length;
    this.flush();
  }

  private flush(): void {
    if (!this.opened || this.over) return;
    for (let head = this.queue[0]; head; head = this.queue[0]) {
      const room = this.allowed - this.sent;
      const n = Math.min(head.bytes.length, this.limits.frameBytes, room);
      if (n <= 0 || (head.kind === Kind.Note && n < head.bytes.length)) return; // a note is not split
      this.send(encodeFrame(head.kind, this.id, this.offset, head.bytes.subarray(0, n)));
      this.sent += n;
      this.queued -= n;
      if (head.kind === Kind.Data) this.offset += n;
      if (n === head.bytes.length) this.queue.shift();
      else head.bytes = head.bytes.subarray(n);
    }
    if (this.ending) this.send(encodeFrame(Kind.End, this.id, this.offset));
  }
}

function parseEnd(payload: Uint8Array): RpcError {
  try {
    return new RpcError(JSON.parse(new TextDecoder().decode(payload)) as WireError);
  } catch {
    return localError("internal", "The stream ended without saying why.");
  }
}
