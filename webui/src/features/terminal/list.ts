import type { Session } from "@/gen/api";

/** The terminals after an event, in the order in which they were there before. */
export function withSession(all: Session[], changed: Session): Session[] {
  const same = (s: Session) => s.id === changed.id && s.node === changed.node;
  if (changed.state === "removed") return all.filter((s) => !same(s));
  return all.some(same) ? all.map((s) => (same(s) ? changed : s)) : [...all, changed];
}
