import type { Confirm, HelloResult, Methods, Streams, Topics, Whoami } from "@/gen/api";
import { Store } from "@/lib/store";
import { backoff } from "./backoff";
import { RpcError, asRpcError, localError } from "./errors";
import { Heartbeat } from "./heartbeat";
import { Socket, notConnected } from "./socket";
import type { Stream, StreamHandlers } from "./stream";
import { Subscriptions, type TopicHandlers } from "./subscriptions";

const SUBPROTOCOL = "homie.v1";

/** Where the connection stands. */
export type Status =
  | { phase: "connecting"; attempt: number }
  | { phase: "open"; hello: HelloResult; rttMs: number | null }
  | { phase: "waiting"; attempt: number; retryAt: number; error: RpcError | null }
  | { phase: "stopped"; error: RpcError };

export interface ClientOptions {
  url: string;
  version: string;
  open?: (url: string, protocol: string) => WebSocket;
  /** Asks, by plain HTTP, why no socket could be opened; null: can't tell. */
  diagnose?: () => Promise<RpcError | null>;
  /**
   * Has a person confirm what a call was refused for. Null: they did, and the
   * call is made again; else why not.
   */
  confirm?: (what: Confirm) => Promise<RpcError | null>;
  random?: () => number;
}

/** A connection that lived this long starts the backoff anew. */
const STABLE_MS = 5_000;

/** How long to wait for a socket and its hello before trying again. */
const OPEN_TIMEOUT = 10_000;

/**
 * Client is the app's one connection to the gateway. It says hello, keeps
 * subscriptions over reconnections, measures the round trip, and knows who the
 * tailnet says is calling.
 */
export class Client {
  readonly status = new Store<Status>({ phase: "connecting", attempt: 0 });
  readonly me = new Store<Whoami | null>(null);

  private readonly options: ClientOptions;
  private readonly subscriptions = new Subscriptions();
  private readonly heartbeat: Heartbeat;
  private socket: Socket | null = null;
  private ready = false;
  private attempt = 0;
  private openedAt = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ClientOptions) {
    this.options = options;
    this.heartbeat = new Heartbeat({
      call: (method, timeoutMs) => this.raw(method, {}, timeoutMs),
      visitor: () => isVisitor(this.me.get()),
      onWhoami: (me) => this.setMe(me),
      onRtt: (rttMs, shortestMs) => {
        if (this.socket) this.socket.rttMs = shortestMs;
        this.status.update((s) => (s.phase === "open" ? { ...s, rttMs } : s));
      },
      onSilence: () => this.socket?.abort(),
    });
  }

  start(): void {
    if (!this.socket && this.timer === undefined) this.connect();
  }

  /** Tries again now if it is waiting, and checks a connection that seems open. */
  wake(): void {
    const phase = this.status.get().phase;
    if (phase === "waiting") this.connect();
    else if (phase === "open") this.heartbeat.check();
  }

  /** Says whether anybody looks at the page; a hidden one does not ping. */
  setVisible(visible: boolean): void {
    this.heartbeat.setVisible(visible);
    if (visible) this.wake();
  }

  async call<M extends keyof Methods>(
    method: M,
    params: Methods[M]["params"],
    timeoutMs?: number,
  ): Promise<Methods[M]["result"]> {
    if (!this.ready) throw notConnected();
    for (;;) {
      try {
        return (await this.raw(method, params, timeoutMs)) as Methods[M]["result"];
      } catch (err) {
        // A refusal may mean that rights changed a moment ago.
        if (err instanceof RpcError && err.reason === "forbidden") this.heartbeat.refreshMe();
        const refusal = await this.confirm(asRpcError(err));
        if (refusal) throw refusal;
        await this.connected();
      }
    }
  }

  /**
   * Has a person confirm what was refused, if that is why. Null: what was refused
   * has not happened, and may be tried again; else why not.
   */
  async confirm(error: RpcError): Promise<RpcError | null> {
    if (!error.confirm || !this.options.confirm) return error;
    return this.options.confirm(error.confirm);
  }

  /** Waits for the connection, which may have been lost while somebody confirmed. */
  private async connected(): Promise<void> {
    if (this.ready) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        clearTimeout(timer);
        off();
        resolve();
      };
      const timer = setTimeout(done, OPEN_TIMEOUT);
      const off = this.status.subscribe(() => this.ready && done());
    });
    if (!this.ready) throw notConnected();
  }

  /** Opens a stream. Null while not connected. */
  stream<M extends keyof Streams>(
    method: M,
    params: Streams[M]["params"],
    handlers: StreamHandlers<Streams[M]["result"]>,
  ): Stream<Streams[M]["result"]> | null {
    if (!this.ready || !this.socket) return null;
    return this.socket.stream(method, params, handlers);
  }

  /** Listens to a topic, over reconnections, until the returned function is called. */
  subscribe<K extends keyof Topics>(topic: K, handlers: TopicHandlers<Topics[K]>): () => void {
    return this.subscriptions.add(topic, {
      ...handlers,
      onError: (error) => {
        if (error.reason === "forbidden") this.heartbeat.refreshMe();
        handlers.onError(error);
      },
    });
  }

  private raw(method: string, params: unknown, timeoutMs?: number): Promise<unknown> {
    if (!this.socket) return Promise.reject(notConnected());
    return this.socket.call(method, params, timeoutMs);
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.status.set({ phase: "connecting", attempt: this.attempt });
    const open = this.options.open ?? ((url, protocol) => new WebSocket(url, protocol));
    const socket = new Socket(open(this.options.url, SUBPROTOCOL), {
      onOpen: () => void this.hello(socket),
      onEvent: (topic, event) => this.subscriptions.receive(topic, event),
      onClose: () => void this.lost(socket),
    });
    this.socket = socket;
    this.timer = setTimeout(() => socket.abort(), OPEN_TIMEOUT);
  }

  private async hello(socket: Socket): Promise<void> {
    try {
      const hello = (await socket.call("rpc.hello", {
        protocol: { min: 1, max: 1 },
        client: { kind: "web", version: this.options.version },
      })) as HelloResult;
      if (this.socket !== socket) return;
      clearTimeout(this.timer);
      this.timer = undefined;
      socket.limits = hello.limits;
      this.ready = true;
      this.openedAt = Date.now();
      this.setMe(hello.caller);
      this.status.set({ phase: "open", hello, rttMs: null });
      this.subscriptions.connected((method, params) => socket.call(method, params));
      this.heartbeat.start();
    } catch (err) {
      const error = asRpcError(err);
      if (error.reason === "version_mismatch") this.stop(error);
      else socket.abort();
    }
  }

  private async lost(socket: Socket): Promise<void> {
    if (this.socket !== socket) return;
    clearTimeout(this.timer);
    const wasReady = this.ready;
    this.socket = null;
    this.ready = false;
    this.heartbeat.stop();
    this.subscriptions.disconnected();
    if (this.status.get().phase === "stopped") return;
    if (wasReady && Date.now() - this.openedAt > STABLE_MS) this.attempt = 0;
    const delay = backoff(this.attempt, this.options.random);
    this.attempt++;
    const retryAt = Date.now() + delay;
    this.timer = setTimeout(() => this.connect(), delay);
    this.status.set({ phase: "waiting", attempt: this.attempt, retryAt, error: null });
    if (wasReady || !this.options.diagnose) return;
    const error = await this.options.diagnose();
    const now = this.status.get();
    if (error && now.phase === "waiting" && now.retryAt === retryAt) this.status.set({ ...now, error });
  }

  private stop(error: RpcError): void {
    this.status.set({
      phase: "stopped",
      error: localError("version_mismatch", `${error.message} Reload the page to get the version that fits.`),
    });
    this.socket?.abort();
  }

  private setMe(me: Whoami): void {
    if (JSON.stringify(me) === JSON.stringify(this.me.get())) return;
    this.me.set(me);
    this.subscriptions.rightsChanged();
  }
}

/** A person who is known to the tailnet and whom nobody has let in. */
export function isVisitor(me: Whoami | null): boolean {
  return me !== null && me.capabilities.length === 0;
}
