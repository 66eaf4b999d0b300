import { ChevronRight } from "lucide-react";
import type { Machine, Session } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Link } from "@/lib/router";
import { OpenTerminal } from "@/features/terminal/open-terminal";
import { SessionRow } from "@/features/terminal/session-row";
import { Health, Reach, Since } from "./health";
import { Window } from "./window";

const SHOWN_SESSIONS = 3;

/** One machine of the home: how it is, and the way in. */
export function MachineCard({ machine, sessions }: { machine: Machine; sessions: Session[] }) {
  const running = sessions.filter((s) => s.state === "running");
  const path = `/machines/${encodeURIComponent(machine.name)}`;
  return (
    <Card aria-label={machine.name} className="flex flex-col md:max-w-xl">
      <div className="relative flex items-center gap-4 p-5 pb-4">
        <Window lit={machine.online} />
        <div className="min-w-0 flex-1">
          <div className="flex items-center justify-between gap-3">
            <h2 className="min-w-0 font-display text-[1.4rem] leading-tight font-semibold">
              {/* The whole head leads to the machine. */}
              <Link href={path} className="block rounded-md after:absolute after:inset-0 after:rounded-t-(--radius-card) hover:underline">
                <span className="block truncate">{machine.name}</span>
              </Link>
            </h2>
            <Reach machine={machine} />
          </div>
          <p className="mt-0.5 truncate text-[0.95rem] text-muted">
            <Since machine={machine} />
          </p>
        </div>
      </div>
      {machine.online && (
        <div className="px-5 pb-5">
          <Health machine={machine} />
        </div>
      )}
      {running.length > 0 && (
        <ul className="border-t border-line px-2.5 py-2.5">
          {running.slice(-SHOWN_SESSIONS).map((s) => (
            <SessionRow key={s.id} session={s} />
          ))}
          {running.length > SHOWN_SESSIONS && (
            <li>
              <Link href={path} className="flex min-h-11 items-center gap-1 rounded-xl px-3 text-sm text-accent-ink hover:bg-sunken">
                All {running.length} terminals <ChevronRight aria-hidden className="size-4" />
              </Link>
            </li>
          )}
        </ul>
      )}
      <div className="mt-auto border-t border-line px-5 py-4">
        <OpenTerminal machine={machine} wide />
      </div>
    </Card>
  );
}
