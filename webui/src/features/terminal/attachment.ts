import type { Attached, Methods, Session, SessionNote, Streams, ViewerNote } from "@/gen/api";
import { Store } from "@/lib/store";
import type { Status } from "@/rpc/client";
import { RpcError, asRpcError } from "@/rpc/errors";
import type { Stream, StreamHandlers } from "@/rpc/stream";
import type { Tab } from "./tabs";
import { Typed } from "./typed";
import { joined, unfinished } from "./utf8";

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

/** Why somebody only looks on: they want to, or they may not type. */
export type Watching = "no" | "wants" | "must";

/** Where a session's output goes: a terminal emulator. */
export interface Sink {
  /** Takes bytes and calls back once they were parsed. */
  write(bytes: Uint8Array, parsed: () => void): void;
  /** Forgets everything shown: what comes next starts from nothing. */
  reset(): void;
  /** Takes the marks of the state that was written, see SessionNote. */
  marks?(marks: string): void;
  /** All of a state was written. */
  whole?(): void;
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
  /** Has a person confirm what was refused. Null: try again; else why not. */
  confirm?(error: RpcError): Promise<RpcError | null>;
}

const RETRY_FIRST = 500;
const RETRY_LONGEST = 5_000;
const RESIZE_AFTER = 120;
const MAX_EARLY = 4_096;
/** How much of what has scrolled away a state brings along, in lines: at first, and at most. */
const HISTORY = 1_000;
const ALL_HISTORY = 10_000;
const NOTHING = new Uint8Array(0);

/**
 * Attachment is one viewer's hold on a session, over reconnections. It knows
 * the offset of the next output byte and of the next one typed, so that both
 * continue exactly: nothing lost, nothing doubled. Output that can't be continued
 * starts anew, from a state.
 */
export class Attachment {
  readonly state = new Store<AttachState>({ phase: "attaching" });
  readonly session = new Store<Session | null>(null);
  /** Bytes that were asked for and are no longer kept, at the last attach. */
  readonly skipped = new Store(0);
  /**
   * The session's size, which is that of whoever used it last; what fits here
   * until the session is known.
   */
  readonly shape = new Store<Size | null>(null);
  /** Whether that is somebody else's size, and may be too large for the page. */
  readonly foreign = new Store(false);
  /** Whether this viewer only looks on. */
  readonly watching: Store<Watching>;
  /** This viewer's key in the session, "" until it is known. */
  readonly you = new Store("");
  /** Whether what is typed here is taken: not while another has control. */
  readonly heard = new Store(true);
  /** The keys of the others who type at the moment. */
  readonly typing = new Store<string[]>([]);
  /** Counts what was typed in vain, because it is not taken. */
  readonly ignored = new Store(0);
  /** Whether the emulator here is the one to answer what the program asks. */
  drives = true;
  /**
   * How the session takes what is typed: whether the terminal shows it, as it does
   * not for a password, and whether the program reads key by key. Nothing, until
   * it has said so.
   */
  readonly takes = new Store({ echo: false, keys: false });

  /** How many lines of what has scrolled away are on the machine only. */
  readonly older = new Store(0);

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
  private held: Uint8Array = NOTHING; // the beginning of a character
  private describing = false; // between the first and the last piece of a state
  private readonly id = viewerID();
  private readonly typed = new Typed();
  private fitting: Size | null = null; // what fits into the page here
  private visible = true;
  private history = HISTORY;
  private retry: ReturnType<typeof setTimeout> | undefined;
  private retries = 0;
  private resizing: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(caller: Caller, tab: Tab, sink: Sink, watching: Watching = "no") {
    this.watching = new Store(watching);
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
    this.state.set({ phase: "attaching" });
    const stream = this.caller.stream(
      "terminal.session.attach",
      {
        node: this.tab.node,
        session: this.tab.session,
        viewer: this.id,
        history: this.history,
        ...(this.watching.get() === "no" ? null : { watch: true }),
        ...(this.visible ? this.fitting : null),
        ...(this.next === null ? null : { offset: this.next }),
      },
      {
        onOpen: (result) => {
          if (this.stream === stream) this.opened(stream!, result);
        },
        onData: (bytes, offset) => {
          if (this.stream === stream) this.receive(stream!, bytes, offset);
        },
        onState: (bytes, offset, last) => {
          if (this.stream === stream) this.receiveState(stream!, bytes, offset, last);
        },
        onNote: (note) => {
          if (this.stream === stream) this.receiveNote(note as SessionNote);
        },
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
   * that come while a stream is being opened wait for it, and what the session
   * did not get when a stream was lost is sent on the next one. What nobody
   * would hear is taken and forgotten.
   */
  write(bytes: Uint8Array): boolean {
    if (this.watching.get() !== "no" || !this.heard.get()) {
      this.ignored.update((n) => n + 1);
      return true;
    }
    switch (this.state.get().phase) {
      case "live":
        if (!this.stream?.write(bytes)) return false;
        this.typed.add(bytes);
        this.typed.sent();
        this.unsent.set(false);
        return true;
      case "attaching":
        if (this.typed.waiting + bytes.length > MAX_EARLY) return false;
        this.typed.add(bytes);
        return true;
      case "away":
        this.unsent.set(true);
    }
    return false;
  }

  /** Gets all of what has scrolled away, with the screen anew. False: there is no more. */
  loadHistory(): boolean {
    if (this.older.get() === 0 || this.history === ALL_HISTORY || this.state.get().phase !== "live") return false;
    this.history = ALL_HISTORY;
    this.next = null;
    this.attach();
    return true;
  }

  /** Says what fits here. The session follows, soon, if it was used here last. */
  fits(size: Size): void {
    if (sameSize(this.fitting, size)) return;
    this.fitting = size;
    this.reshape(this.session.get() ?? size);
    clearTimeout(this.resizing);
    this.resizing = setTimeout(() => this.tell({ ...size }), RESIZE_AFTER);
  }

  /** Says whether a person can see the session here, or has just turned to it. */
  looks(visible: boolean): void {
    this.visible = visible;
    this.tell({ visible, ...(visible ? this.fitting : null) });
  }

  /** Looks on from now on, or types again. */
  watch(watching: Watching): void {
    if (this.watching.get() === watching) return;
    this.watching.set(watching);
    this.heard.set(watching === "no");
    this.stream?.end(); // and so lets go of control
    if (this.stream) this.attach();
  }

  /** Tries again what was refused: rights have changed. */
  reconsider(): void {
    const state = this.state.get();
    if (this.watching.get() === "must") this.watch("no");
    else if (state.phase === "failed" && state.error.reason === "forbidden") this.attach();
  }

  /** Asks whoever has control for it, or takes that back. */
  ask(asks: boolean): void {
    this.tell({ asks });
  }

  /** What the list of sessions says of this one; its size comes on the stream. */
  told(session: Session): void {
    const before = this.session.get();
    this.session.set(before?.state === "running" ? { ...session, cols: before.cols, rows: before.rows } : session);
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

  private opened(stream: Stream<unknown>, { session, offset, skipped, typed, linkMs }: Attached): void {
    if (this.next !== null && offset !== this.next) this.restart();
    this.session.set(session);
    this.reshape(session);
    this.skipped.set(skipped);
    this.next = offset;
    this.describing = false;
    this.typing.set([]);
    this.replayUntil = session.offset;
    this.retries = 0;
    this.state.set({ phase: "live" });
    stream.beyond(linkMs ?? 0);
    const rest = this.typed.since(typed);
    stream.startAt(rest.at);
    stream.write(rest.bytes);
    this.typed.sent();
  }

  private receiveNote({ cols, rows, drives, echo, keys, skipped, older, marks, you, heard, typing }: SessionNote): void {
    if (you !== undefined) this.you.set(you);
    if (heard !== undefined) this.heard.set(heard);
    if (typing !== undefined) this.typing.set(typing);
    if (drives !== undefined) this.drives = drives;
    if (echo !== undefined && keys !== undefined) this.takes.set({ echo, keys });
    if (skipped !== undefined) this.skipped.set(skipped);
    if (marks !== undefined) this.sink.marks?.(marks);
    if (cols !== undefined) this.older.set(older ?? 0); // which comes with the size, of a state
    if (cols === undefined || rows === undefined) return;
    this.session.update((s) => s && { ...s, cols, rows });
    this.reshape({ cols, rows });
  }

  private receive(stream: Stream<unknown>, bytes: Uint8Array, offset: number): void {
    const whole = bytes.length;
    const next = this.next ?? offset;
    if (offset > next) {
      this.restart(); // the viewer was skipped forward
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
    if (!this.describing) this.restart();
    this.describing = !last;
    this.next = last ? offset : null; // half a state is none
    this.show(stream, bytes, true);
    if (last) this.sink.whole?.();
  }

  private show(stream: Stream<unknown>, bytes: Uint8Array, replay: boolean): void {
    if (bytes.length === 0) return;
    const text = joined(this.held, bytes);
    const whole = text.length - unfinished(text);
    this.held = text.slice(whole);
    if (replay) this.unparsedReplay++;
    this.sink.write(text.subarray(0, whole), () => {
      if (replay) this.unparsedReplay--;
      stream.consumed(bytes.length);
    });
  }

  /** What is shown no longer continues. */
  private restart(): void {
    this.held = NOTHING;
    this.sink.reset();
  }

  private async streamEnded(error: RpcError | null): Promise<void> {
    const stream = this.stream;
    if (error?.confirm && this.caller.confirm) {
      const refusal = await this.caller.confirm(error);
      if (this.closed || this.stream !== stream) return;
      if (refusal) this.state.set({ phase: "failed", error: refusal });
      else this.attach();
      return;
    }
    if (error) {
      if (this.mayStillWatch(error)) this.watch("must");
      else if (error.retryable) this.goAway(error);
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

  /** Whether an error says that the caller may not type, or may no longer. */
  private mayStillWatch(error: RpcError): boolean {
    return this.watching.get() === "no" && error.reason === "forbidden" && error.needs?.capability === "terminal:write";
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
    this.state.set({ phase: "away", error });
    if (this.caller.status.get().phase !== "open") return; // the next connection attaches
    const delay = error?.retryAfterMs ?? Math.min(RETRY_LONGEST, RETRY_FIRST * 2 ** this.retries);
    this.retries++;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.attach(), delay);
  }

  /** Shows the session in its size. */
  private reshape({ cols, rows }: Size): void {
    if (!sameSize(this.shape.get(), { cols, rows })) this.shape.set({ cols, rows });
    this.foreign.set(!sameSize(this.fitting, { cols, rows }));
  }

  private tell(note: ViewerNote): void {
    this.stream?.note(note); // one that is not live gets it with the next attach
  }
}

function sameSize(a: Size | null, b: Size | null): boolean {
  return a?.cols === b?.cols && a?.rows === b?.rows;
}

/** An id that no other viewer has. */
function viewerID(): string {
  return [...crypto.getRandomValues(new Uint8Array(12))].map((b) => b.toString(16).padStart(2, "0")).join("");
}
