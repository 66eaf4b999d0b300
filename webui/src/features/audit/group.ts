import type { Entry } from "@/gen/api";

/** The same deed, done again and again with nothing else in between. */
export interface Repeated {
  /** the newest */
  entry: Entry;
  count: number;
  /** when the oldest was */
  since: string;
}

/** Entries, newest first, with what repeats itself as one. */
export function grouped(entries: Entry[]): Repeated[] {
  const groups: Repeated[] = [];
  for (const entry of entries) {
    const last = groups.at(-1);
    if (last && same(last.entry, entry)) {
      last.count++;
      last.since = entry.at;
    } else {
      groups.push({ entry, count: 1, since: entry.at });
    }
  }
  return groups;
}

/** Whether two entries read the same but for their time, on the same day. */
function same(a: Entry, b: Entry): boolean {
  return (
    a.person === b.person &&
    a.deviceId === b.deviceId &&
    a.method === b.method &&
    a.target === b.target &&
    a.decision === b.decision &&
    a.reason === b.reason &&
    new Date(a.at).toDateString() === new Date(b.at).toDateString()
  );
}
