import { Play, Plus, TriangleAlert, Workflow } from "lucide-react";
import { useState } from "react";
import type { Job, Whoami } from "@/gen/api";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { list, moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link, navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { JobIcon } from "./icons";
import { away, jobPath, jobs, runPath, runs } from "./jobs";
import { runsOf } from "./list";
import { RunDialog } from "./run-dialog";
import { RunBadge } from "./run-status";

/** What machines do by name, by machine. */
export function JobsPage({ me }: { me: Whoami }) {
  const state = useLive(jobs);
  const missing = useStore(away);
  const [asked, setAsked] = useState<Job | null>(null);
  const all = state.value ?? [];
  return (
    <div className="mx-auto max-w-3xl">
      <div className="flex items-end justify-between gap-4">
        <PageHead title="Jobs">What machines do by name.</PageHead>
        {can(me, "jobs:edit") && (
          <Link href="/jobs/new" className={buttonClass({ look: "primary" }, "mb-6 shrink-0 sm:mb-8")}>
            <Plus aria-hidden />
            New
          </Link>
        )}
      </div>
      {missing.length > 0 && (
        <p role="status" className="mb-4 flex gap-2 rounded-xl bg-sunken px-4 py-3 text-muted">
          <TriangleAlert aria-hidden className="mt-0.5 size-5 shrink-0" />
          {list(missing)} can’t be reached right now. What is to be done there shows up here by itself.
        </p>
      )}
      {state.status === "loading" && <Loading what="the jobs" />}
      {state.status === "error" && <Failed error={state.error} onRetry={jobs.refresh} />}
      {state.status === "ready" && all.length === 0 && (
        <Empty icon={<Workflow />} title="No jobs yet">
          {can(me, "jobs:edit")
            ? "A backup, a restart, an update: say once how it is done, and start it by a tap."
            : "The person who runs this home can make buttons for you. They show up here by themselves."}
        </Empty>
      )}
      {[...new Set(all.map((j) => j.node))].map((node) => (
        <Card key={node} aria-label={node} className="mb-5 p-2.5">
          <h2 className="px-3 pt-2 pb-1 font-display text-xl font-semibold">{node}</h2>
          <ul>
            {all.filter((j) => j.node === node).map((j) => (
              <Row key={j.id} job={j} mayRun={j.button ? can(me, "jobs:press") : can(me, "jobs:run")} onRun={() => setAsked(j)} />
            ))}
          </ul>
        </Card>
      ))}
      {asked && <RunDialog job={asked} onClose={() => setAsked(null)} onStarted={(r) => navigate(runPath(r))} />}
    </div>
  );
}

function Row({ job: j, mayRun, onRun }: { job: Job; mayRun: boolean; onRun: () => void }) {
  const past = useLive(runs);
  const last = runsOf(past.value ?? [], j)[0] ?? j.last;
  return (
    <li className="flex items-center gap-1 rounded-xl pr-1 hover:bg-sunken">
      <Link href={jobPath(j)} className="flex min-h-14 min-w-0 flex-1 items-center gap-3 rounded-xl px-3 py-1.5">
        <JobIcon name={j.icon} className="size-5 shrink-0 text-accent-ink" />
        <span className="min-w-0 flex-1">
          <span className="block truncate font-medium">{j.name}</span>
          {j.problem ? (
            <span className="block truncate text-sm text-bad">{j.problem}</span>
          ) : (
            <span className="block truncate text-sm text-muted">
              {j.description || `as ${j.account}`}
              {last && ` · ${moment(last.queuedAt)}`}
            </span>
          )}
        </span>
        {last && <RunBadge run={last} />}
      </Link>
      {mayRun && !j.problem && (
        <Button look="ghost" size="iconSm" aria-label={`Start ${j.name}`} title="Start it" onClick={onRun}>
          <Play aria-hidden />
        </Button>
      )}
    </li>
  );
}
