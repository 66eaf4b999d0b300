import { useSyncExternalStore } from "react";
import type { Topics } from "@/gen/api";
import type { Client } from "@/rpc/client";
import { RpcError, asRpcError } from "@/rpc/errors";
import { Store } from "./store";

export type LiveState<T> =
  | { status: "loading"; value: undefined; error: undefined }
  | { status: "ready"; value: T; error: undefined }
  | { status: "error"; value: undefined; error: RpcError };

interface LiveOptions<T, K extends keyof Topics> {
  topic: K;
  snapshot: () => Promise<T>;
  /** The value after an event, or null when only a fresh snapshot can tell. */
  apply: (value: T, event: Topics[K]) => T | null;
}

/** How long a value stays live after the last view of it went away. */
const LINGER = 5_000;
const RETRY = 3_000;

/**
 * Live is a piece of the server's state, kept right: subscribe, read the
 * snapshot, apply the events. It is live while somebody looks.
 */
export class Live<T, K extends keyof Topics> {
  readonly state = new Store<LiveState<T>>({ status: "loading", value: undefined, error: undefined });

  private readonly client: Client;
  private readonly options: LiveOptions<T, K>;
  private users = 0;
  private stop: (() => void) | null = null;
  private lingering: ReturnType<typeof setTimeout> | undefined;
  private retrying: ReturnType<typeof setTimeout> | undefined;
  private stale = true;
  private loading: Topics[K][] | null = null; // events that came during a load
  private again = false;

  constructor(client: Client, options: LiveOptions<T, K>) {
    this.client = client;
    this.options = options;
  }

  /** Keeps the value live until the returned function is called. */
  use = (listener: () => void): (() => void) => {
    const off = this.state.subscribe(listener);
    this.users++;
    clearTimeout(this.lingering);
    if (!this.stop) this.begin();
    return () => {
      off();
      if (--this.users > 0) return;
      clearTimeout(this.lingering);
      this.lingering = setTimeout(() => this.end(), LINGER);
    };
  };

  /** Reads a fresh snapshot, for example after a change that no event tells. */
  refresh = (): void => {
    this.stale = true;
    void this.load();
  };

  private begin(): void {
    const unsubscribe = this.client.subscribe(this.options.topic, {
      onEvent: (event) => this.receive(event),
      onReset: this.refresh,
      onError: (error) => {
        // Where a connection broke, the next one asks again.
        if (error.reason === "canceled" || error.reason === "unavailable") return;
        this.state.set({ status: "error", value: undefined, error });
      },
    });
    // A snapshot that a lost connection cut short is read over the next one.
    const offStatus = this.client.status.subscribe(() => {
      if (this.client.status.get().phase === "open" && this.stale) void this.load();
    });
    const offMe = this.client.me.subscribe(this.refresh);
    this.stop = () => {
      unsubscribe();
      offStatus();
      offMe();
    };
  }

  private end(): void {
    if (this.users > 0) return;
    this.stop?.();
    this.stop = null;
    clearTimeout(this.retrying);
  }

  private receive(event: Topics[K]): void {
    if (this.loading) {
      this.loading.push(event);
      return;
    }
    const now = this.state.get();
    if (now.status !== "ready") return;
    const value = this.options.apply(now.value, event);
    if (value === null) this.refresh();
    else this.state.set({ status: "ready", value, error: undefined });
  }

  private async load(): Promise<void> {
    if (this.client.status.get().phase !== "open") return;
    if (this.loading) {
      this.again = true;
      return;
    }
    clearTimeout(this.retrying);
    const events: Topics[K][] = [];
    this.loading = events;
    try {
      let value: T = await this.options.snapshot();
      this.stale = false;
      for (const event of events) {
        const next = this.options.apply(value, event);
        if (next === null) this.again = true;
        else value = next;
      }
      this.state.set({ status: "ready", value, error: undefined });
    } catch (err) {
      const error = asRpcError(err);
      if (error.reason !== "canceled") {
        if (this.state.get().status !== "ready" || !error.retryable) {
          this.state.set({ status: "error", value: undefined, error });
        }
        if (error.retryable && this.stop) {
          this.retrying = setTimeout(() => void this.load(), error.retryAfterMs ?? RETRY);
        }
      }
    }
    this.loading = null;
    if (this.again) {
      this.again = false;
      void this.load();
    }
  }
}

/** The state of a Live value; it stays live while the component is shown. */
export function useLive<T, K extends keyof Topics>(live: Live<T, K>): LiveState<T> {
  return useSyncExternalStore(live.use, live.state.get);
}
