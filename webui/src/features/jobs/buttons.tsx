import { useState } from "react";
import type { Job, Run, Whoami } from "@/gen/api";
import { cn } from "@/lib/cn";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { can } from "@/features/identity/rights";
import { JobIcon } from "./icons";
import { jobs, runPath, runs } from "./jobs";
import { runsOf } from "./list";
import { RunDialog } from "./run-dialog";
import { Progress, RunBadge } from "./run-status";
import { whatBecame } from "./words";

/** The buttons of the home: what the family may have done by a tap. */
export function Buttons({ me }: { me: Whoami }) {
  return can(me, "jobs:read") && can(me, "jobs:press") ? <ButtonGrid /> : null;
}

function ButtonGrid() {
  const state = useLive(jobs);
  const past = useLive(runs);
  const [asked, setAsked] = useState<Job | null>(null);
  const all = (state.value ?? []).filter((j) => j.button && !j.problem);
  if (all.length === 0) return null;
  return (
    <section aria-label="Buttons" className="mb-6">
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-[repeat(auto-fill,minmax(18rem,1fr))]">
        {all.map((j) => (
          <BigButton key={`${j.node}/${j.id}`} job={j} last={runsOf(past.value ?? [], j)[0] ?? j.last} onPress={() => setAsked(j)} />
        ))}
      </div>
      {asked && <RunDialog job={asked} onClose={() => setAsked(null)} onStarted={() => setAsked(null)} />}
    </section>
  );
}

function BigButton({ job, last, onPress }: { job: Job; last: Run | null; onPress: () => void }) {
  const busy = last !== null && (last.state === "running" || last.state === "queued");
  return (
    <div className="flex flex-col rounded-(--radius-card) border border-line bg-surface shadow-card">
      <button
        type="button"
        onClick={onPress}
        disabled={busy}
        className={cn(
          "flex min-h-22 items-center gap-4 rounded-(--radius-card) p-4 text-left transition-colors",
          busy ? "cursor-default" : "hover:bg-sunken active:bg-line",
        )}
      >
        <span className="grid size-14 shrink-0 place-items-center rounded-2xl bg-accent-soft text-accent-ink">
          <JobIcon name={job.icon} className="size-7" />
        </span>
        <span className="min-w-0">
          <span className="block font-display text-xl leading-tight font-semibold">{job.name}</span>
          <span className="block truncate text-sm text-muted">{job.description || `on ${job.node}`}</span>
        </span>
      </button>
      {last && (
        <Link href={runPath(last)} className="grid gap-2 rounded-b-(--radius-card) border-t border-line px-4 py-3 text-sm hover:bg-sunken" aria-live="polite">
          <span className="flex items-center gap-2">
            <RunBadge run={last} />
            <span className="min-w-0 truncate text-muted">{whatBecame(last)}</span>
          </span>
          <Progress run={last} />
        </Link>
      )}
    </div>
  );
}
