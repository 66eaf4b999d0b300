import type { Methods, Session, Streams } from "@/gen/api";
import { Store } from "@/lib/store";
import type { Status } from "@/rpc/client";
import { RpcError, asRpcError } from "@/rpc/errors";
import type { Stream, StreamHandlers } from "@/rpc/stream";
import type { Tab } from "./tabs";

/** How this viewer stands to its session. */
export type AttachState =
  | { phase: "attaching" }
  | { phase: "live" }
  /** Out of reach for now; it goes on by itself. */
  | { phase: "away"; error: RpcError | null }
  /** The program ended; the session says how, where it is still known. */
  | { phase: "ended"; session: Session | null }
  /** It does not go on by itself. */
  | { phase: "failed"; error: RpcError };

/** Where a session's output goes: a terminal emulator. */
export interface Sink {
  /** Takes bytes and calls back once they were parsed. */
  write(bytes: Uint8Array, parsed: () => void): void;
  /** Forgets everything shown: what comes next starts from nothing. */
  reset(): void;
}

/** A size in character cells. */
export interface Size {
  cols: number;
  rows: number;
}

/** What an attachment needs of the client. */
export interface Caller {
  readonly status: Store<Status>;
  call<M extends keyof Methods>(method: M, params: Methods[M]["params"]): Promise<Methods[M]["result"]>;
  stream<M extends keyof Streams>(
    method: M,
    params: Streams[M]["params"],
    handlers: StreamHandlers<Streams[M]["result"]>,
  ): Stream<Streams[M]["result"]> | null;
}

const RETRY_FIRST = 500;
const RETRY_LONGEST = 5_000;
const RESIZE_AFTER = 120;
const MAX_EARLY = 4_096;
const NOTHING = new Uint8Array(0);

/**
 * Attachment is one viewer's hold on a session, over reconnections. It knows
 * the offset of the next output byte, so that what is shown continues exactly:
 * nothing lost, nothing doubled. What can't be continued starts anew.
 */
export class Attachment {
  readonly state = new Store<AttachState>({ phase: "attaching" });
  readonly session = new Store<Session | null>(null);
  /** Bytes that were asked for and are no longer kept, at the last attach. */
  readonly skipped = new Store(0);
  /**
   * The size to show the session in. Whoever used it last decides: what fits
   * here, or what somebody else's window gave it.
   */
  readonly shape = new Store<Size | null>(null);
  /** Whether that is somebody else's size, and may be too large for the page. */
  readonly foreign = new Store(false);

  /** Whether something was typed in vain, and nothing has been sent since. */
  readonly unsent = new Store(false);

  private readonly tab: Tab;
  private readonly caller: Caller;
  private readonly sink: Sink;
  private readonly offStatus: () => void;
  private stream: Stream<unknown> | null = null;
  private next: number | null = null; // offset of the next byte; null while nothing whole is shown
  private replayUntil = 0; // what the session had printed when the stream began
  private unparsedReplay = 0; // pieces of it that the emulator has yet to parse
  private describing = false; // between the first and the last piece of a state
  private fitting: Size | null = null; // what fits into the page here
  private using = true; // this viewer used the session last
  private early: Uint8Array = NOTHING; // typed while the stream was being opened
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retries = 0;
  private resizing: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(caller: Caller, tab: Tab, sink: Sink) {
    this.caller = caller;
    this.tab = tab;
    this.sink = sink;
    this.offStatus = caller.status.subscribe(() => {
      if (caller.status.get().phase === "open" && this.state.get().phase === "away") this.attach();
    });
  }

  /**
   * Whether output from before the attach is being shown, or a state. What the
   * emulator answers to it is old news and must not reach the shell as typed
   * input.
   */
  get replaying(): boolean {
    return this.unparsedReplay > 0 || this.describing || (this.next ?? 0) < this.replayUntil;
  }

  /** Attaches, from the next byte on. Also tries again after a failure. */
  attach(): void {
    if (this.closed) return;
    clearTimeout(this.retry);
    this.stream = null;
    this.early = NOTHING;
    this.state.set({ phase: "attaching" });
    const stream = this.caller.stream(
      "terminal.session.attach",
      { node: this.tab.node, session: this.tab.session, ...(this.next === null ? {} : { offset: this.next }) },
      {
        onOpen: ({ session, offset, skipped }) => {
          if (this.stream !== stream) return;
          if (this.next !== null && offset !== this.next) this.sink.reset();
          this.session.set(session);
          this.reshape();
          this.skipped.set(skipped);
          this.next = offset;
          this.describing = false;
          this.replayUntil = session.offset;
          this.retries = 0;
          this.state.set({ phase: "live" });
          this.sendSize();
          if (this.early.length > 0) stream!.write(this.early);
          this.early = NOTHING;
        },
        onData: (bytes, offset) => {
          if (this.stream === stream) this.receive(stream!, bytes, offset);
        },
        onState: (bytes, offset, last) => {
          if (this.stream === stream) this.receiveState(stream!, bytes, offset, last);
        },
        onNote: () => {},
        onEnd: (error) => {
          if (this.stream === stream) void this.streamEnded(error);
        },
        onLost: () => {
          if (this.stream === stream) this.goAway(null);
        },
      },
    );
    this.stream = stream;
    if (!stream) this.goAway(null);
  }

  /**
   * Types bytes. False means that they were not taken, none of them. The few
   * that come while a stream is being opened wait for it.
   */
  write(bytes: Uint8Array): boolean {
    const { phase } = this.state.get();
    if (phase === "live" && this.stream) {
      const taken = this.stream.write(bytes);
      if (taken) this.unsent.set(false);
      return taken;
    }
    if (phase === "away") this.unsent.set(true);
    if (phase !== "attaching" || this.early.length + bytes.length > MAX_EARLY) return false;
    this.early = Uint8Array.from([...this.early, ...bytes]);
    return true;
  }

  /** Says what fits here. The session follows, soon, while this viewer uses it. */
  fits(size: Size): void {
    if (sameSize(this.fitting, size)) return;
    this.fitting = size;
    this.reshape();
    if (!this.using) return;
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => this.sendSize(), RESIZE_AFTER);
  }

  /** A person uses the session here: it takes the size that fits here. */
  use(): void {
    if (this.using) return;
    this.using = true;
    this.reshape();
    this.sendSize();
  }

  /** What the gateway says of the session meanwhile. */
  told(session: Session): void {
    const before = this.session.get();
    this.session.set(session);
    if (sameSize(before, session) || this.resizing !== undefined) return;
    if (session.state === "running") this.using = sameSize(this.fitting, session);
    this.reshape();
  }

  /** Lets go of the session. It goes on without this viewer. */
  close(): void {
    this.closed = true;
    this.offStatus();
    clearTimeout(this.retry);
    clearTimeout(this.resizing);
    this.stream?.end();
    this.stream = null;
  }

  private receive(stream: Stream<unknown>, bytes: Uint8Array, offset: number): void {
    const whole = bytes.length;
    const next = this.next ?? offset;
    if (offset > next) {
      // The viewer was skipped forward: what is shown no longer continues.
      this.sink.reset();
    } else if (offset < next) {
      bytes = bytes.subarray(Math.min(bytes.length, next - offset));
      offset = next;
    }
    this.next = offset + bytes.length;
    stream.consumed(whole - bytes.length);
    const old = Math.max(0, Math.min(bytes.length, this.replayUntil - offset));
    this.show(stream, bytes.subarray(0, old), true);
    this.show(stream, bytes.subarray(old), false);
  }

  /** Takes a piece of the session's screen as it is at offset. */
  private receiveState(stream: Stream<unknown>, bytes: Uint8Array, offset: number, last: boolean): void {
    if (!this.describing) this.sink.reset();
    this.describing = !last;
    this.next = last ? offset : null; // half a state is none
    this.show(stream, bytes, true);
  }

  private show(stream: Stream<unknown>, bytes: Uint8Array, replay: boolean): void {
    if (bytes.length === 0) return;
    if (replay) this.unparsedReplay++;
    this.sink.write(bytes, () => {
      if (replay) this.unparsedReplay--;
      stream.consumed(bytes.length);
    });
  }

  private async streamEnded(error: RpcError | null): Promise<void> {
    const stream = this.stream;
    if (error) {
      if (error.retryable) this.goAway(error);
      else this.state.set({ phase: "failed", error });
      return;
    }
    this.stream = null;
    this.stopReplay();
    try {
      const { sessions } = await this.caller.call("terminal.session.list", { node: this.tab.node });
      if (this.closed || (this.stream !== null && this.stream !== stream)) return;
      const session = sessions.find((s) => s.id === this.tab.session) ?? null;
      if (session?.state === "running") {
        this.goAway(null); // the viewer was let go, not the session
        return;
      }
      if (session) this.session.set(session);
      this.state.set({ phase: "ended", session });
    } catch (err) {
      if (!this.closed) this.goAway(asRpcError(err));
    }
  }

  /** No more of what was to be replayed will come. */
  private stopReplay(): void {
    this.replayUntil = 0;
    this.describing = false;
  }

  private goAway(error: RpcError | null): void {
    if (this.closed) return;
    this.stream = null;
    this.stopReplay();
    if (this.early.length > 0) this.unsent.set(true);
    this.early = NOTHING;
    this.state.set({ phase: "away", error });
    if (this.caller.status.get().phase !== "open") return; // the next connection attaches
    const delay = error?.retryAfterMs ?? Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** this.retries);
    this.retries++;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.attach(), delay);
  }

  private reshape(): void {
    const session = this.session.get();
    const foreign = !this.using && session?.state === "running";
    this.foreign.set(foreign);
    const size = foreign ? session : this.fitting;
    if (size && !sameSize(this.shape.get(), size)) this.shape.set({ cols: size.cols, rows: size.rows });
  }

  private sendSize(): void {
    clearTimeout(this.resizing);
    this.resizing = undefined;
    const size = this.fitting;
    const known = this.session.get();
    if (!size || !this.using || this.closed || this.state.get().phase !== "live") return;
    if (!known || known.state !== "running" || sameSize(known, size)) return;
    const params = { node: this.tab.node, session: this.tab.session, ...size };
    this.session.set({ ...known, ...size });
    this.caller.call("terminal.session.resize", params).catch(
      () => {}, // a watcher may not resize, and a lost connection sends it again
    );
  }
}

function sameSize(a: Size | null, b: Size | null): boolean {
  return a?.cols === b?.cols && a?.rows === b?.rows;
}
