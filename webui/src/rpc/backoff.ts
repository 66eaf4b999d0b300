const FIRST = 1_000;
const LONGEST = 30_000;

/**
 * How long to wait before reconnection attempt number `attempt` (from 0), in
 * milliseconds: doubling from 1 s to 30 s, spread by a quarter either way so
 * that a household's devices do not all come back in the same instant.
 */
export function backoff(attempt: number, random: () => number = Math.random): number {
  const base = Math.min(LONGEST, FIRST * 2 ** Math.min(attempt, 10));
  const spread = base * (0.75 + 0.5 * random());
  return Math.round(Math.min(LONGEST, Math.max(FIRST, spread)));
}
