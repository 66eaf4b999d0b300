import type { Session } from "@/gen/api";

/** The terminals after an event, in the order in which they were there before. */
export function withSession(all: Session[], changed: Session): Session[] {
  const same = (s: Session) => s.id === changed.id && s.node === changed.node;
  if (changed.state === "removed") return all.filter((s) => !same(s));
  return all.some(same) ? all.map((s) => (same(s) ? changed : s)) : [...all, changed];
}

interface Kept {
  id: string;
  name: string;
  removed?: boolean;
}

/** A list by name after an event. */
export function withKept<T extends Kept>(all: T[], changed: T): T[] {
  const others = all.filter((v) => v.id !== changed.id);
  if (changed.removed) return others;
  return [...others, changed].sort((a, b) => a.name.toLowerCase().localeCompare(b.name.toLowerCase()));
}
