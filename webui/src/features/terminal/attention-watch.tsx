import { useEffect } from "react";
import type { Session, Whoami } from "@/gen/api";
import { toastNews } from "@/components/ui/toast";
import { onVisibility } from "@/lib/media";
import { happenings, inSight, noteSeen, noteUnseen, type Happening } from "./attention";
import { isMuted, notices, notify } from "./notices";
import { sessions } from "./sessions";
import { sameTab, tabPath, tabs, type Tab } from "./tabs";
import { otherOwner } from "./words";

/**
 * Watches the sessions of this person, and those they have open: what happens in
 * one that nobody looks at is told.
 */
export function AttentionWatch({ me }: { me: Whoami }) {
  useEffect(() => {
    let known = new Map<string, Session>();
    const look = () => {
      const state = sessions.state.get();
      if (state.status !== "ready") return;
      const before = known;
      known = new Map(state.value.map((s) => [`${s.node}/${s.id}`, s]));
      for (const [key, now] of known) {
        const was = before.get(key);
        if (was && concerns(now, me)) happenings(was, now, notices.get().longMs).forEach(tell);
      }
    };
    const seen = () => !document.hidden && inSight.get().forEach(noteSeen);
    const off = [sessions.use(look), inSight.subscribe(seen), onVisibility(seen)];
    look();
    return () => off.forEach((f) => f());
  }, [me]);
  return null;
}

function concerns(s: Session, me: Whoami): boolean {
  return otherOwner(s, me) === null || tabs.get().some((t) => sameTab(t, { node: s.node, session: s.id }));
}

function looksAt(tab: Tab): boolean {
  return !document.hidden && inSight.get().some((t) => sameTab(t, tab));
}

function tell(what: Happening): void {
  if (looksAt(what.tab)) return;
  noteUnseen(what);
  if (isMuted(what.tab, notices.get())) return;
  if (!document.hidden) toastNews(`${what.tab.node}: ${what.text}`, tabPath(what.tab));
  else if (notices.get().on) notify(what.tab, what.text);
}
