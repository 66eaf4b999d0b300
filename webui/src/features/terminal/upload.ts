import type { Writing, Written } from "@/gen/api";
import { Store } from "@/lib/store";
import { RpcError, asRpcError, localError } from "@/rpc/errors";
import type { Stream } from "@/rpc/stream";
import type { Caller } from "./attachment";
import type { Tab } from "./tabs";

/** How a file on its way stands. */
export interface UploadState {
  phase: "waiting" | "sending" | "away" | "done" | "failed" | "canceled";
  /** Bytes that have left this device, or were there before. */
  sent: number;
  /** Bytes a second of late; null while there is nothing to tell from. */
  rate: number | null;
  /** Why it waits or failed. */
  error: RpcError | null;
  /** Where the file is, once it is there. */
  path: string | null;
}

/** What is read of a file at once, in bytes. */
const PIECE = 256 << 10;
const RETRY_FIRST = 500;
const RETRY_LONGEST = 10_000;
/** Over how long the rate is measured, in milliseconds. */
const RATE_OVER = 4_000;

/** Upload is one file on its way to a terminal's folder, over reconnections. */
export class Upload {
  readonly id = uploadID();
  readonly tab: Tab;
  readonly file: File;
  readonly state = new Store<UploadState>({ phase: "waiting", sent: 0, rate: null, error: null, path: null });

  private readonly caller: Caller;
  private readonly dir: string | undefined;
  private readonly offStatus: () => void;
  private stream: Stream<unknown> | null = null;
  private room: (() => void) | null = null; // wakes who waits for room
  private samples: { at: number; sent: number }[] = [];
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retries = 0;

  constructor(caller: Caller, tab: Tab, file: File, dir?: string) {
    this.caller = caller;
    this.tab = tab;
    this.file = file;
    this.dir = dir;
    this.offStatus = caller.status.subscribe(() => {
      if (caller.status.get().phase === "open" && this.state.get().phase === "away") this.start();
    });
  }

  /** Sends, from where it stopped. */
  start(): void {
    clearTimeout(this.retry);
    this.drop();
    this.samples = [];
    this.update({ phase: "sending", error: null, rate: null });
    const stream: Stream<Writing> | null = this.caller.stream(
      "terminal.file.write",
      {
        node: this.tab.node,
        session: this.tab.session,
        name: this.file.name,
        size: this.file.size,
        upload: this.id,
        ...(this.dir === undefined ? null : { dir: this.dir }),
      },
      {
        onOpen: ({ offset }) => this.stream === stream && void this.send(stream!, offset),
        onData: (bytes) => stream!.consumed(bytes.length),
        onState: (bytes) => stream!.consumed(bytes.length),
        onNote: (note) => this.stream === stream && this.update({ path: (note as Written).path }),
        onRoom: () => this.room?.(),
        onEnd: (error) => this.stream === stream && void this.ended(error),
        onLost: () => this.stream === stream && this.goAway(null),
      },
    );
    this.stream = stream;
    if (!stream) this.goAway(null);
  }

  /** Gives it up. What has come is removed there after a day. */
  cancel(): void {
    clearTimeout(this.retry);
    this.stream?.end();
    this.drop();
    this.offStatus();
    this.update({ phase: "canceled" });
  }

  private async send(stream: Stream<unknown>, offset: number): Promise<void> {
    stream.startAt(offset);
    this.update({ sent: offset });
    try {
      for (let at = offset; at < this.file.size; ) {
        const piece = new Uint8Array(await this.file.slice(at, at + PIECE).arrayBuffer());
        if (piece.length === 0) throw localError("conflict", "The file became shorter while it was sent.");
        while (this.stream === stream && !stream.write(piece)) await this.forRoom();
        if (this.stream !== stream) return;
        at += piece.length;
        this.retries = 0;
        this.progress(at - stream.waiting);
      }
    } catch (err) {
      if (this.stream !== stream) return;
      const error = err instanceof RpcError ? err : localError("conflict", "The file can’t be read any more on this device. Choose it again.");
      stream.end();
      this.fail(error);
    }
  }

  private forRoom(): Promise<void> {
    return new Promise((resolve) => (this.room = resolve));
  }

  private progress(sent: number): void {
    const now = Date.now();
    this.samples = [...this.samples.filter((s) => s.at > now - RATE_OVER), { at: now, sent }];
    const first = this.samples[0]!;
    const ms = now - first.at;
    this.update({ sent, rate: ms < 300 ? this.state.get().rate : ((sent - first.sent) / ms) * 1000 });
  }

  private async ended(error: RpcError | null): Promise<void> {
    if (error?.confirm && this.caller.confirm) {
      const stream = this.stream;
      const refusal = await this.caller.confirm(error);
      if (this.stream !== stream) return; // canceled meanwhile
      if (refusal) this.fail(refusal);
      else this.start();
      return;
    }
    if (error) {
      if (error.retryable) this.goAway(error);
      else this.fail(error);
      return;
    }
    this.drop();
    if (this.state.get().path === null) {
      this.fail(localError("internal", "The machine did not say whether the file is there."));
      return;
    }
    this.offStatus();
    this.update({ phase: "done", sent: this.file.size, rate: null });
  }

  private fail(error: RpcError): void {
    this.drop();
    this.update({ phase: "failed", error: asRpcError(error), rate: null });
  }

  private goAway(error: RpcError | null): void {
    this.drop();
    this.update({ phase: "away", error, rate: null });
    if (this.caller.status.get().phase !== "open") return; // the next connection goes on
    const delay = error?.retryAfterMs ?? Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** this.retries);
    this.retries++;
    this.retry = setTimeout(() => this.start(), delay);
  }

  private drop(): void {
    this.stream = null;
    this.room?.();
    this.room = null;
  }

  private update(change: Partial<UploadState>): void {
    this.state.update((s) => ({ ...s, ...change }));
  }
}

/** An id that no other upload has; it names the part of the file there. */
function uploadID(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
