import type { Session } from "@/gen/api";

/** How a list of terminals is divided. */
export type By = "machine" | "group";

/** Whether a text has all words of a query in it, in whatever order and case. */
export function finder(query: string): (text: string) => boolean {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => {
    const lower = text.toLowerCase();
    return words.every((w) => lower.includes(w));
  };
}

/** All that a terminal can be found by; title is what its program calls itself here. */
export function searchText(s: Session, title = ""): string {
  return [
    s.name,
    title || s.title,
    s.group,
    s.node,
    s.command.join(" "),
    s.cwd,
    s.dir,
    s.account,
    s.startedBy,
    ...s.people.map((p) => `${p.name} ${p.device ?? ""}`),
    s.state,
  ].join("\n");
}

/** Running ones first, and of each the latest first. */
export function inUseOrder(all: Session[]): Session[] {
  const running = (s: Session) => (s.state === "running" ? 1 : 0);
  return all.toSorted(
    (a, b) => running(b) - running(a) || (b.endedAt ?? b.startedAt).localeCompare(a.endedAt ?? a.startedAt),
  );
}

/** The terminals under their headings, in the order of these; what has no group comes last. */
export function divided(all: Session[], by: By): { heading: string; sessions: Session[] }[] {
  const under = new Map<string, Session[]>();
  for (const s of inUseOrder(all)) {
    const heading = by === "machine" ? s.node : s.group;
    under.set(heading, [...(under.get(heading) ?? []), s]);
  }
  return [...under]
    .map(([heading, sessions]) => ({ heading, sessions }))
    .sort((a, b) => Number(a.heading === "") - Number(b.heading === "") || a.heading.localeCompare(b.heading));
}

/** The groups there are, by name. */
export function groupNames(all: Session[]): string[] {
  return [...new Set(all.map((s) => s.group).filter(Boolean))].sort((a, b) => a.localeCompare(b));
}
