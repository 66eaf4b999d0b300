import { ChevronRight } from "lucide-react";
import type { Session } from "@/gen/api";
import { useNow } from "@/lib/clock";
import { ago } from "@/lib/format";
import { Link } from "@/lib/router";
import { exitWords, sessionName } from "./words";
import { tabPath } from "./tabs";

/** One terminal in a list; leads to it. Named: with its machine. */
export function SessionRow({ session: s, named }: { session: Session; named?: boolean }) {
  useNow(30_000);
  const running = s.state === "running";
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
            {sessionName(s)} <span className="font-normal text-muted">as {s.account}</span>
          </span>
          <span className="block truncate text-sm text-muted">
            {running ? `${ago(s.startedAt)} · ${s.startedBy}` : exitWords(s)}
          </span>
        </span>
        <span className="flex items-center gap-1 text-sm text-accent-ink">
          {running ? "Return" : "Look"}
          <ChevronRight aria-hidden className="size-4" />
        </span>
      </Link>
    </li>
  );
}
