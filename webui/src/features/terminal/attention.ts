import type { Session } from "@/gen/api";
import { Store } from "@/lib/store";
import { sameTab, tabPath, type Tab } from "./tabs";

/** What happened in a session that nobody looked at. */
export type News = "bell" | "done" | "failed" | "notice";

export interface Happening {
  tab: Tab;
  news: News;
  /** In words, after the machine's name. */
  text: string;
}

/** What is new in sessions since somebody looked at them, by the path of the tab. */
export const unseen = new Store<Record<string, News>>({});

/** The terminals that are shown; a person sees them while the page is visible. */
export const inSight = new Store<Tab[]>([]);

/** Notes whether a terminal is shown. */
export function noteSight(tab: Tab, shown: boolean): void {
  inSight.update((all) => [...all.filter((t) => !sameTab(t, tab)), ...(shown ? [tab] : [])]);
}

export function noteUnseen({ tab, news }: Happening): void {
  unseen.update((all) => ({ ...all, [tabPath(tab)]: news }));
}

/** Somebody looks at it now. */
export function noteSeen(tab: Tab): void {
  if (tabPath(tab) in unseen.get()) unseen.update(({ [tabPath(tab)]: _, ...others }) => others);
}

/** What happened between two states of a session. Commands count from a length on. */
export function happenings(before: Session, now: Session, longMs: number): Happening[] {
  const tab = { node: now.node, session: now.id };
  const found: Happening[] = [];
  const { attention: was } = before;
  const { attention: is } = now;
  if (is.bells > was.bells) found.push({ tab, news: "bell", text: "the bell rang" });
  if (is.notices > was.notices && is.notice) found.push({ tab, news: "notice", text: is.notice });
  const { last } = is;
  if (last?.endedAt && last.endedAt !== was.last?.endedAt) {
    const ms = Date.parse(last.endedAt) - Date.parse(last.startedAt);
    const failed = last.exit !== null && last.exit !== 0;
    if (ms >= longMs) found.push({ tab, news: failed ? "failed" : "done", text: finished(last.text, ms, last.exit) });
  }
  return found;
}

/** "make finished after 3 min, exit 0". */
export function finished(command: string, ms: number, exit: number | null): string {
  return `${command || "A command"} finished after ${spent(ms)}${exit === null ? "" : `, exit ${exit}`}`;
}

function spent(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
