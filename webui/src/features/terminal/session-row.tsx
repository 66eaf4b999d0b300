import { ChevronRight } from "lucide-react";
import type { Session } from "@/gen/api";
import { useNow } from "@/lib/clock";
import { ago } from "@/lib/format";
import { Link } from "@/lib/router";
import { useStore } from "@/lib/store";
import { useMe } from "@/features/identity/rights";
import { tabPath } from "./tabs";
import { titles } from "./titles";
import { exitWords, otherOwner, sessionTitle, shortDir, starter } from "./words";

/** One terminal in a list; leads to it. Named: with its machine. */
export function SessionRow({ session: s, named }: { session: Session; named?: boolean }) {
  useNow(30_000);
  const owner = otherOwner(s, useMe());
  const title = useStore(titles)[tabPath({ node: s.node, session: s.id })];
  const running = s.state === "running";
  const warned = owner !== null && running; // first in its line, which may be cut off
  const { device } = starter(s);
  const about = [title || shortDir(s.dir), ago(s.startedAt), device && `from ${device}`].filter(Boolean).join(" · ");
  return (
    <li>
      <Link
        href={tabPath({ node: s.node, session: s.id })}
        className="flex min-h-12 items-center gap-3 rounded-xl px-3 py-1.5 hover:bg-sunken"
      >
        <span aria-hidden className={`size-2.5 shrink-0 rounded-full ${running ? "bg-good" : "bg-line-strong/50"}`} />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">
            {named && `${s.node} · `}
            {sessionTitle(s, owner)}
            {!warned && <span className="font-normal text-muted"> as {s.account}</span>}
          </span>
          <span className="block truncate text-sm text-muted">
            {warned && <span className="font-medium text-warn">runs as {s.account} · </span>}
            {running ? about : exitWords(s)}
          </span>
        </span>
        <span className="flex items-center gap-1 text-sm text-accent-ink">
          {!running ? "Look" : owner ? "Join" : "Return"}
          <ChevronRight aria-hidden className="size-4" />
        </span>
      </Link>
    </li>
  );
}
