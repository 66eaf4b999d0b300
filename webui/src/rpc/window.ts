/** What may be under way at least, in bytes. */
const LEAST = 64 << 10;
/** What a reader has in stock, so that it need not wait for each round trip to end on time. */
const SLACK_MS = 25;
/** How often a fast reader says how far it is. Each time costs every machine on the way a packet. */
const CREDIT_EVERY_MS = SLACK_MS / 2;

/** What of it counts: see the limits that rpc.hello names. */
interface Bounds {
  windowBytes: number;
  maxWindowBytes: number;
}

/**
 * How many bytes may be under way to a reader that uses up rate bytes a
 * millisecond, when what it asks for comes a round trip later. More would only
 * wait in the browser, and stand between a Ctrl-C and what it does.
 */
export function windowFor(rate: number, rttMs: number, most: number): number {
  return Math.floor(Math.min(Math.max(rate * (rttMs + SLACK_MS), LEAST), most));
}

/**
 * Window says how much may be under way to one reader, from how fast it uses up
 * what it gets: for a terminal, how fast that parses. Until that and the round
 * trip are known it is the one that a stream begins with. Go's is rpc.Window.
 */
export class Window {
  private readonly bounds: Bounds;
  private rate = 0; // bytes a millisecond, 0 before it was measured
  private since = -Infinity; // when the measurement at hand began
  private used = 0; // bytes since then
  private last = -Infinity; // when some were used up

  constructor(bounds: Bounds) {
    this.bounds = bounds;
  }

  size(rttMs: number | null): number {
    if (this.rate === 0 || rttMs === null) return this.bounds.windowBytes;
    return windowFor(this.rate, rttMs, this.bounds.maxWindowBytes);
  }

  /** How much of the window is used up before the sender is told. */
  step(rttMs: number | null): number {
    const size = this.size(rttMs);
    if (this.rate === 0 || rttMs === null) return size / 4;
    return (size * CREDIT_EVERY_MS) / (rttMs + SLACK_MS);
  }

  /**
   * Something came to a reader who had nothing. A pause that is no round trip
   * was the sender's, and says nothing of the reader.
   */
  arrived(now: number, rttMs: number | null): void {
    if (now - this.last <= 2 * ((rttMs ?? 0) + SLACK_MS)) return;
    this.since = now;
    this.used = 0;
  }

  /** The rate rises at once and falls by halves, so that one slow moment does not starve a fast reader. */
  consumed(n: number, now: number, rttMs: number | null): void {
    this.used += n;
    this.last = now;
    const took = now - this.since;
    if (took < Math.max(rttMs ?? 0, SLACK_MS)) return;
    const rate = this.used / took;
    this.rate = rate < this.rate ? (rate + this.rate) / 2 : rate;
    this.since = now;
    this.used = 0;
  }
}
