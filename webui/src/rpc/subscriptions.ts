import type { Event, Subscribed, Topics } from "@/gen/api";
import { RpcError, asRpcError } from "./errors";

export interface TopicHandlers<T> {
  onEvent(data: T): void;
  /** Read a fresh snapshot: at the start, and when events were missed for good. */
  onReset(): void;
  /** The subscription was refused or ended, for example by a lost right. */
  onError(error: RpcError): void;
}

type Call = (method: "rpc.subscribe" | "rpc.unsubscribe", params: unknown) => Promise<unknown>;

interface Subscription {
  listeners: Set<TopicHandlers<unknown>>;
  epoch: string;
  /** The last event applied; those up to it are ignored when they come again. */
  seq: number;
  /** Events that came while the subscription was being answered; null otherwise. */
  early: Event[] | null;
  active: boolean;
}

/**
 * Subscriptions keeps the topics that somebody listens to alive over
 * reconnections. It remembers each topic's last number, asks for what came
 * after it, drops duplicates, and calls for a snapshot where a replay was not
 * possible. Numbers may have holes: events that the caller may not see are left
 * out. A loss is always said with reset.
 */
export class Subscriptions {
  private readonly topics = new Map<string, Subscription>();
  private call: Call | null = null;

  /** Listens to a topic until the returned function is called. */
  add<K extends keyof Topics>(topic: K, handlers: TopicHandlers<Topics[K]>): () => void {
    const listener = handlers as TopicHandlers<unknown>;
    let sub = this.topics.get(topic);
    if (!sub) {
      sub = { listeners: new Set(), epoch: "", seq: 0, early: null, active: false };
      this.topics.set(topic, sub);
    }
    sub.listeners.add(listener);
    if (sub.active) listener.onReset();
    else if (sub.early === null) void this.open(topic, sub);
    return () => this.remove(topic, sub, listener);
  }

  /** A connection is up: resume every topic over it. */
  connected(call: Call): void {
    this.call = call;
    for (const [topic, sub] of this.topics) void this.open(topic, sub);
  }

  /** Rights have changed: what was refused or taken away may be open again. */
  rightsChanged(): void {
    for (const [topic, sub] of this.topics) {
      if (!sub.active && sub.early === null) void this.open(topic, sub);
    }
  }

  /** The connection is gone. Numbers are kept for the next one. */
  disconnected(): void {
    this.call = null;
    for (const sub of this.topics.values()) {
      sub.active = false;
      sub.early = null;
    }
  }

  receive(topic: string, event: Event): void {
    const sub = this.topics.get(topic);
    if (!sub) return;
    if (event.error) {
      sub.active = false;
      sub.epoch = "";
      const error = new RpcError(event.error);
      for (const l of [...sub.listeners]) l.onError(error);
      return;
    }
    if (sub.early) sub.early.push(event);
    else if (sub.active) this.apply(sub, event);
  }

  private async open(topic: string, sub: Subscription): Promise<void> {
    const call = this.call;
    if (!call) return;
    const early: Event[] = [];
    sub.early = early;
    const resuming = sub.epoch !== "";
    const cursor = resuming ? { topic, epoch: sub.epoch, after: sub.seq } : { topic };
    try {
      const answer = (await call("rpc.subscribe", { topics: [cursor] })) as Subscribed;
      if (sub.early !== early) return; // another connection has taken over
      const state = answer.topics.find((t) => t.topic === topic);
      sub.active = true;
      sub.early = null;
      if (state && (!resuming || state.reset)) {
        sub.epoch = state.epoch;
        sub.seq = state.seq;
        for (const l of [...sub.listeners]) l.onReset();
      }
      for (const event of early) this.apply(sub, event);
    } catch (err) {
      if (sub.early !== early) return;
      sub.early = null;
      const error = asRpcError(err);
      for (const l of [...sub.listeners]) l.onError(error);
    }
  }

  private apply(sub: Subscription, event: Event): void {
    if (event.reset) {
      sub.seq = event.seq;
      for (const l of [...sub.listeners]) l.onReset();
      return;
    }
    if (event.seq <= sub.seq) return;
    sub.seq = event.seq;
    for (const l of [...sub.listeners]) l.onEvent(event.data);
  }

  private remove(topic: string, sub: Subscription, listener: TopicHandlers<unknown>): void {
    sub.listeners.delete(listener);
    if (sub.listeners.size > 0 || this.topics.get(topic) !== sub) return;
    this.topics.delete(topic);
    this.call?.("rpc.unsubscribe", { topics: [topic] }).catch(() => {}); // gone either way
  }
}
