import { ArrowLeft, Pencil, Play, Trash2 } from "lucide-react";
import { useState } from "react";
import type { Job, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link, navigate } from "@/lib/router";
import { can } from "@/features/identity/rights";
import { JobIcon } from "./icons";
import { jobPath, jobs, runPath, runs } from "./jobs";
import { runsOf } from "./list";
import { RunDialog } from "./run-dialog";
import { RunBadge } from "./run-status";
import { length, took, whatBecame } from "./words";

/** One job: what it does, and what became of it so far. */
export function JobPage({ me, node, id }: { me: Whoami; node: string; id: string }) {
  const state = useLive(jobs);
  const past = useLive(runs);
  const [asked, setAsked] = useState(false);
  const [removing, setRemoving] = useState(false);
  const job = state.value?.find((j) => j.node === node && j.id === id);
  const all = runsOf(past.value ?? [], { node, id });
  const remove = async () => {
    try {
      await client.call("jobs.remove", { node, job: id });
      toastDone("The job is removed");
      navigate("/jobs");
    } catch (err) {
      toastError("The job was not removed", err);
    }
  };
  return (
    <div className="mx-auto max-w-3xl pt-4 sm:pt-6">
      <Link href="/jobs" className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        Jobs
      </Link>
      {state.status === "loading" && <Loading what="the job" />}
      {state.status === "error" && <Failed error={state.error} onRetry={jobs.refresh} />}
      {state.status === "ready" && !job && (
        <Empty icon={<JobIcon name="" />} title="There is no such job">
          It may have been removed, or {node} can’t be reached right now.
        </Empty>
      )}
      {job && (
        <>
          <PageHead title={job.name}>{job.description || `on ${job.node}`}</PageHead>
          {job.problem && (
            <p role="alert" className="mb-5 rounded-xl bg-bad-soft px-4 py-3 whitespace-pre-line text-bad">
              {job.problem}
            </p>
          )}
          <div className="mb-5 flex flex-wrap gap-2">
            {!job.problem && (job.button ? can(me, "jobs:press") : can(me, "jobs:run")) && (
              <Button look="primary" onClick={() => setAsked(true)}>
                <Play aria-hidden />
                Start it
              </Button>
            )}
            {can(me, "jobs:edit") && (
              <>
                <Link href={`${jobPath(job)}/edit`} className={buttonClass({ look: "outline" })}>
                  <Pencil aria-hidden />
                  Change
                </Link>
                <Button look="danger" onClick={() => setRemoving(true)}>
                  <Trash2 aria-hidden />
                  Remove
                </Button>
              </>
            )}
          </div>
          {!job.problem && <About job={job} />}
          <Card aria-label="History" className="p-2.5">
            <h2 className="px-3 pt-2 pb-1 font-display text-xl font-semibold">History</h2>
            {all.length === 0 && <p className="px-3 py-4 text-muted">It has not run yet, or nothing of it is kept.</p>}
            <ul>
              {all.map((r) => (
                <li key={r.id}>
                  <Link href={runPath(r)} className="flex min-h-14 items-center gap-3 rounded-xl px-3 py-1.5 hover:bg-sunken">
                    <span className="min-w-0 flex-1">
                      <span className="block truncate">{whatBecame(r)}</span>
                      <span className="block truncate text-sm text-muted">
                        {[moment(r.queuedAt), r.endedAt && r.startedAt ? length(took(r, 0)!) : "", `by ${r.by}`].filter(Boolean).join(" · ")}
                      </span>
                    </span>
                    <RunBadge run={r} />
                  </Link>
                </li>
              ))}
            </ul>
          </Card>
          {asked && <RunDialog job={job} onClose={() => setAsked(false)} onStarted={(r) => navigate(runPath(r))} />}
          <Confirm
            open={removing}
            onOpenChange={setRemoving}
            title={`Remove ${job.name}?`}
            description="Its file goes, and what is kept of its runs and their logs. It can’t be brought back."
            action="Remove it"
            danger
            onConfirm={remove}
          />
        </>
      )}
    </div>
  );
}

function About({ job: j }: { job: Job }) {
  const rows: [string, string][] = [
    ["Runs", j.command.join(" ")],
    ["In", j.dir],
    ["As", j.account],
    ["At most", j.timeoutMs > 0 ? length(j.timeoutMs) : ""],
    ["For the family", j.button ? "yes, as a button" : ""],
  ];
  return (
    <Card aria-label="About" className="mb-5 p-5">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-6 gap-y-1.5">
        {rows.filter(([, text]) => text).map(([name, text]) => (
          <div key={name} className="contents">
            <dt className="text-muted">{name}</dt>
            <dd className="break-words">{text}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
