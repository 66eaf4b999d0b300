import type { Whoami } from "@/gen/api";

const PING_EVERY = 3_000;
const PING_TIMEOUT = 5_000;
/** After coming back to the page, a dead connection should show at once. */
const CHECK_TIMEOUT = 2_500;
const VISITOR_EVERY = 5_000;
const WHOAMI_EVERY = 15_000;
/** Of so many round trips the shortest counts: the others waited behind what was being sent. */
const KEPT = 8;

interface Options {
  call(method: "rpc.ping" | "identity.whoami", timeoutMs: number): Promise<unknown>;
  visitor(): boolean;
  onWhoami(me: Whoami): void;
  /** The round trip, as it was of late, and the shortest of the last few. */
  onRtt(ms: number, shortestMs: number): void;
  /** No answer came: the connection is dead, whatever the socket says. */
  onSilence(): void;
}

/**
 * Heartbeat asks the gateway for a sign of life while somebody looks, and keeps
 * the picture of what the caller may do fresh. A visitor may not ping and asks
 * who they are instead, so that a grant lets them in without a reload.
 */
export class Heartbeat {
  private readonly options: Options;
  private running = false;
  private visible = true;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private meAt = 0;
  private rtt: number | null = null;
  private latest: number[] = []; // round trips, the newest last
  private beating = false;
  private life = 0; // grows with each connection, so that an old beat stays out of a new one

  constructor(options: Options) {
    this.options = options;
  }

  start(): void {
    this.life++;
    this.running = true;
    this.beating = false;
    this.rtt = null;
    this.latest = [];
    this.meAt = Date.now();
    this.schedule(this.options.visitor() ? VISITOR_EVERY : 0);
  }

  stop(): void {
    this.running = false;
    clearTimeout(this.timer);
  }

  setVisible(visible: boolean): void {
    this.visible = visible;
    if (!visible) clearTimeout(this.timer);
  }

  /** Beats now, with little patience. */
  check(): void {
    if (this.running && this.visible) void this.beat(CHECK_TIMEOUT);
  }

  /** Asks soon who the caller is and what they may do. */
  refreshMe(): void {
    if (Date.now() - this.meAt < 1_000) return;
    this.meAt = 0;
    this.schedule(0);
  }

  private schedule(afterMs: number): void {
    clearTimeout(this.timer);
    if (!this.running || !this.visible) return;
    this.timer = setTimeout(() => void this.beat(PING_TIMEOUT), afterMs);
  }

  private async beat(timeoutMs: number): Promise<void> {
    if (this.beating || !this.running) return;
    const life = this.life;
    clearTimeout(this.timer);
    this.beating = true;
    const visitor = this.options.visitor();
    const askMe = visitor || Date.now() - this.meAt >= WHOAMI_EVERY;
    const began = performance.now();
    try {
      if (askMe) {
        this.meAt = Date.now();
        const me = (await this.options.call("identity.whoami", timeoutMs)) as Whoami;
        if (life === this.life) this.options.onWhoami(me);
      } else {
        await this.options.call("rpc.ping", timeoutMs);
        this.measured(performance.now() - began);
      }
    } catch (err) {
      if (life !== this.life || !this.running) return;
      if ((err as { reason?: string }).reason === "timeout") {
        this.beating = false;
        this.options.onSilence();
        return;
      }
      // A refused ping is an answer too: the rights may just have changed.
      this.meAt = 0;
    }
    if (life !== this.life) return;
    this.beating = false;
    this.schedule(this.options.visitor() ? VISITOR_EVERY : PING_EVERY);
  }

  private measured(ms: number): void {
    this.rtt = this.rtt === null ? ms : this.rtt * 0.7 + ms * 0.3;
    this.latest = [...this.latest, ms].slice(-KEPT);
    this.options.onRtt(Math.max(1, Math.round(this.rtt)), Math.min(...this.latest));
  }
}
