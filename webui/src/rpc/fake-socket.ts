import { Kind, HEADER_SIZE, decodeFrame, type Frame } from "./frame";

interface Call {
  id: number;
  method: string;
  params: Record<string, unknown>;
}

/** A WebSocket whose other end is the test. */
export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    return FakeSocket.all.at(-1)!;
  }

  binaryType = "blob";
  onopen: (() => void) | null = null;
  onmessage: ((e: { data: unknown }) => void) | null = null;
  onclose: ((e: { code: number }) => void) | null = null;
  onerror: (() => void) | null = null;
  readonly url: string;
  readonly protocol: string;
  closed = false;
  calls: Call[] = [];
  frames: Frame[] = [];

  constructor(url: string, protocol: string) {
    this.url = url;
    this.protocol = protocol;
    FakeSocket.all.push(this);
  }

  static open = (url: string, protocol: string): WebSocket =>
    new FakeSocket(url, protocol) as unknown as WebSocket;

  send(data: string | Uint8Array<ArrayBuffer>): void {
    if (this.closed) throw new Error("send on a closed socket");
    if (typeof data === "string") this.calls.push(JSON.parse(data) as Call);
    else this.frames.push(clientFrame(data));
  }

  close(): void {
    this.closed = true;
  }

  /** The calls of a method that were not answered yet. */
  take(method: string): Call {
    const at = this.calls.findIndex((c) => c.method === method);
    if (at < 0) throw new Error(`no call of ${method}, only ${this.calls.map((c) => c.method).join(", ") || "none"}`);
    return this.calls.splice(at, 1)[0]!;
  }

  has(method: string): boolean {
    return this.calls.some((c) => c.method === method);
  }

  async opens(): Promise<void> {
    this.onopen?.();
    await settle();
  }

  async answers(call: Call, result: unknown): Promise<void> {
    await this.says({ jsonrpc: "2.0", id: call.id, result });
  }

  async refuses(call: Call, reason: string, message = reason): Promise<void> {
    await this.says({
      jsonrpc: "2.0",
      id: call.id,
      error: { code: -1, message, data: { reason, retryable: false } },
    });
  }

  async says(message: unknown): Promise<void> {
    this.onmessage?.({ data: JSON.stringify(message) });
    await settle();
  }

  async sends(
    kind: Kind,
    stream: number,
    offset: number,
    payload: Uint8Array | string = "",
    last = false,
  ): Promise<void> {
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const frame = new Uint8Array(HEADER_SIZE + bytes.length);
    const view = new DataView(frame.buffer);
    view.setUint8(0, kind);
    view.setUint8(1, last ? 2 : 0);
    view.setUint32(4, stream);
    view.setUint32(12, offset);
    frame.set(bytes, HEADER_SIZE);
    this.onmessage?.({ data: frame.buffer });
    await settle();
  }

  async breaks(code = 1006): Promise<void> {
    this.closed = true;
    this.onclose?.({ code });
    await settle();
  }
}

function clientFrame(data: Uint8Array<ArrayBuffer>): Frame {
  const frame = decodeFrame(data.buffer);
  if (!frame) throw new Error("the client sent a broken frame");
  return frame;
}

/** Lets everything that waits for a promise happen. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 10; i++) await Promise.resolve();
}
