import type { Event, Limits, Streams, WireError } from "@/gen/api";
import { RpcError, localError } from "./errors";
import { decodeFrame } from "./frame";
import { Stream, type StreamHandlers } from "./stream";

/** Limits in force before rpc.hello names the gateway's; see wire/wire.go. */
export const INITIAL_LIMITS: Limits = {
  messageBytes: 1 << 20,
  frameBytes: 64 << 10,
  windowBytes: 256 << 10,
  maxWindowBytes: 2 << 20,
  streams: 64,
  calls: 64,
};

const CALL_TIMEOUT = 20_000;

interface Pending {
  resolve(result: unknown): void;
  reject(error: RpcError): void;
  timer: ReturnType<typeof setTimeout>;
}

interface Envelope {
  id?: number;
  method?: string;
  params?: unknown;
  result?: unknown;
  error?: WireError;
}

export interface SocketHandlers {
  onOpen(): void;
  onEvent(topic: string, event: Event): void;
  /** The socket is gone; called once, after every call and stream was told. */
  onClose(code: number): void;
}

/**
 * Socket is one life of the WebSocket: it numbers calls, matches answers, and
 * hands frames to their streams. It never reconnects; Client does.
 */
export class Socket {
  limits: Limits = INITIAL_LIMITS;
  /** How long the gateway takes to answer, null while that is not known. */
  rttMs: number | null = null;

  private readonly ws: WebSocket;
  private readonly handlers: SocketHandlers;
  private readonly pending = new Map<number, Pending>();
  private readonly streams = new Map<number, Stream<never>>();
  private lastId = 0;
  private closed = false;

  constructor(ws: WebSocket, handlers: SocketHandlers) {
    this.ws = ws;
    this.handlers = handlers;
    ws.binaryType = "arraybuffer";
    ws.onopen = () => handlers.onOpen();
    ws.onmessage = (e: MessageEvent<string | ArrayBuffer>) => this.receive(e.data);
    ws.onclose = (e) => this.gone(e.code);
    ws.onerror = () => {}; // a close event follows
  }

  /** Calls a method. Rejects with an RpcError, at the latest after timeoutMs. */
  call(method: string, params: unknown, timeoutMs = CALL_TIMEOUT): Promise<unknown> {
    if (this.closed) return Promise.reject(notConnected());
    const id = ++this.lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.pending.delete(id);
        reject(localError("timeout", "Homie did not answer in time. Try again."));
      }, timeoutMs);
      this.pending.set(id, { resolve, reject, timer });
    });
    this.ws.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return answer;
  }

  /** Opens a stream: a call whose answer is followed by frames under its id. */
  stream<M extends keyof Streams>(
    method: M,
    params: Streams[M]["params"],
    handlers: StreamHandlers<Streams[M]["result"]>,
  ): Stream<Streams[M]["result"]> {
    const id = this.lastId + 1; // the id that call() is about to take
    const stream = new Stream<Streams[M]["result"]>(
      id,
      this.limits,
      handlers,
      (frame) => this.sendFrame(frame),
      () => this.rttMs,
    );
    this.streams.set(id, stream as Stream<never>);
    this.call(method, params).then(
      (result) => {
        stream.open(result as Streams[M]["result"]);
        if (stream.finished) this.streams.delete(id);
      },
      (err: RpcError) => {
        this.streams.delete(id);
        if (this.closed) stream.lose();
        else stream.fail(err);
      },
    );
    return stream;
  }

  /** Gives the socket up at once, without waiting for the other side. */
  abort(): void {
    this.ws.close();
    this.gone(1006);
  }

  private sendFrame(frame: Uint8Array<ArrayBuffer>): void {
    if (!this.closed) this.ws.send(frame);
  }

  private receive(data: string | ArrayBuffer): void {
    if (this.closed) return;
    if (typeof data !== "string") {
      this.receiveFrame(data);
      return;
    }
    let message: Envelope;
    try {
      message = JSON.parse(data) as Envelope;
    } catch {
      this.abort(); // nothing that follows can be trusted to mean what it seems
      return;
    }
    if (message.method !== undefined) {
      if (message.id === undefined) this.handlers.onEvent(message.method, message.params as Event);
      return;
    }
    const waiting = message.id === undefined ? undefined : this.pending.get(message.id);
    if (!waiting) return; // an answer that came after its timeout
    this.pending.delete(message.id!);
    clearTimeout(waiting.timer);
    if (message.error) waiting.reject(new RpcError(message.error));
    else waiting.resolve(message.result);
  }

  private receiveFrame(buffer: ArrayBuffer): void {
    const frame = decodeFrame(buffer);
    if (!frame) {
      this.abort();
      return;
    }
    const stream = this.streams.get(frame.stream);
    if (!stream || frame.fromOpener) return; // of a stream that ended here already
    if (stream.receive(frame)) this.streams.delete(frame.stream);
  }

  private gone(code: number): void {
    if (this.closed) return;
    this.closed = true;
    const calls = [...this.pending.values()];
    const streams = [...this.streams.values()];
    this.pending.clear();
    this.streams.clear();
    for (const call of calls) {
      clearTimeout(call.timer);
      call.reject(localError("canceled", "The connection broke before the answer came. Look whether it happened."));
    }
    for (const stream of streams) stream.lose();
    this.handlers.onClose(code);
  }
}

export function notConnected(): RpcError {
  return localError("unavailable", "Homie is not connected right now. It reconnects by itself; try again in a moment.");
}
