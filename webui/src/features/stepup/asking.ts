import type { Confirm } from "@/gen/api";
import { Store } from "@/lib/store";
import { localError, type RpcError } from "@/rpc/errors";

/** What became of something that a person was to confirm. */
export type Outcome = "confirmed" | "denied" | "over" | "given-up";

/** Something that a call of this page waits for a person to confirm. */
export interface Asking {
  readonly what: Confirm;
  readonly outcome: Promise<Outcome>;
  settle(outcome: Outcome): void;
}

/** What this page waits for. The first is shown, the others come after it. */
export const asking = new Store<Asking[]>([]);

/** Waits until a person has confirmed something, or will not. */
export function ask(what: Confirm): Promise<Outcome> {
  const same = asking.get().find((a) => a.what.id === what.id);
  if (same) return same.outcome;
  let resolve: (outcome: Outcome) => void;
  const outcome = new Promise<Outcome>((r) => (resolve = r));
  const settle = (how: Outcome) => {
    asking.update((all) => all.filter((a) => a !== mine));
    resolve(how);
  };
  const mine: Asking = { what, outcome, settle };
  asking.update((all) => [...all, mine]);
  return outcome;
}

const refusals: Record<Exclude<Outcome, "confirmed">, string> = {
  denied: "It was denied on another device of yours, so it was not done.",
  over: "Nobody confirmed it in time, so it was not done. Do it once more when you have your other device at hand.",
  "given-up": "You did not confirm it, so it was not done.",
};

/** What the client asks: null once it is confirmed, else why it is not done. */
export async function confirmed(what: Confirm): Promise<RpcError | null> {
  const outcome = await ask(what);
  return outcome === "confirmed" ? null : localError("canceled", refusals[outcome]);
}
