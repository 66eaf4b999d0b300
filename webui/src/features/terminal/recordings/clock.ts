import type { CastEvent } from "./cast";

/** A pause is no longer than this where pauses are skipped, in seconds. */
const LONGEST_PAUSE = 1;

/**
 * Where in the recording one is after having watched it for some time, with the
 * pauses cut short. Both in seconds from the beginning.
 */
export class Pauses {
  private readonly events: CastEvent[];
  private readonly watched: number[] = []; // until each event

  constructor(events: CastEvent[]) {
    this.events = events;
  }

  /** How long one has watched when the recording is at a time. */
  watchedAt(at: number): number {
    this.extend();
    const i = after(this.events, at) - 1;
    const [from, was] = i < 0 ? [0, 0] : [this.events[i]!.at, this.watched[i]!];
    const next = this.events[i + 1];
    const most = next ? this.watched[i + 1]! - was : LONGEST_PAUSE;
    return was + Math.min(at - from, most);
  }

  /** Where the recording is when one has watched for some time. */
  atWatched(watched: number): number {
    this.extend();
    let low = 0;
    let high = this.watched.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.watched[middle]! <= watched) low = middle + 1;
      else high = middle;
    }
    const [from, was] = low === 0 ? [0, 0] : [this.events[low - 1]!.at, this.watched[low - 1]!];
    return from + (watched - was);
  }

  private extend(): void {
    for (let i = this.watched.length; i < this.events.length; i++) {
      const before = i === 0 ? 0 : this.events[i - 1]!.at;
      this.watched.push((this.watched[i - 1] ?? 0) + Math.min(LONGEST_PAUSE, this.events[i]!.at - before));
    }
  }
}

/** The number of the first event after a time. */
export function after(events: CastEvent[], at: number): number {
  let low = 0;
  let high = events.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (events[middle]!.at <= at) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Seconds as a clock shows them: "1:02:03". */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const hours = Math.floor(whole / 3600);
  return (hours > 0 ? `${hours}:${two(Math.floor(whole / 60) % 60)}` : `${Math.floor(whole / 60)}`) + `:${two(whole % 60)}`;
}
