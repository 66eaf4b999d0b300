import { Film, SquareTerminal } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { can } from "@/features/identity/rights";
import { machines } from "@/features/presence/machines";
import { Window } from "@/features/presence/window";
import { Since } from "@/features/presence/health";
import { OpenTerminal } from "./open-terminal";
import { SessionRow } from "./session-row";
import { useSessions } from "./sessions";

/** What the terminal page shows while no terminal is open in this tab. */
export function NoTabs({ me }: { me: Whoami }) {
  const state = useLive(machines);
  const running = useSessions(can(me, "terminal:read")).filter((s) => s.state === "running");
  return (
    <div className="mx-auto max-w-3xl">
      <PageHead title="Terminals">Open one, or return to one that is still running.</PageHead>
      <p className="-mt-2 mb-4">
        <Link href="/recordings" className="inline-flex min-h-11 items-center gap-2 font-medium text-accent-ink">
          <Film aria-hidden className="size-4" />
          Recordings
        </Link>
      </p>
      {state.status === "loading" && <Loading what="your machines" />}
      {state.status === "error" && <Failed error={state.error} onRetry={machines.refresh} />}
      {running.length > 0 && (
        <Card className="mb-5 p-2.5">
          <ul>
            {running.map((s) => (
              <SessionRow key={`${s.node}/${s.id}`} session={s} named />
            ))}
          </ul>
        </Card>
      )}
      {state.status === "ready" && state.value.length === 0 && (
        <Empty icon={<SquareTerminal />} title="No machines yet">
          As soon as a machine has joined this home, its terminal opens here.
        </Empty>
      )}
      {state.status === "ready" && state.value.length > 0 && (
        <Card>
          <ul className="divide-y divide-line">
            {state.value.map((m) => (
              <li key={m.name} className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
                <Window lit={m.online} />
                <div className="min-w-32 flex-1">
                  <h2 className="truncate font-display text-xl font-semibold">{m.name}</h2>
                  <p className="truncate text-sm text-muted">
                    <Since machine={m} />
                  </p>
                </div>
                <OpenTerminal machine={m} />
              </li>
            ))}
          </ul>
        </Card>
      )}
    </div>
  );
}
