import { ArrowLeft, RotateCw, Square } from "lucide-react";
import { useEffect, useState } from "react";
import type { Run, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Failed, Loading, PageHead } from "@/components/ui/states";
import { toastError } from "@/components/ui/toast";
import { moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link, navigate } from "@/lib/router";
import { asRpcError, type RpcError } from "@/rpc/errors";
import { can } from "@/features/identity/rights";
import { jobPath, jobs, runPath, runs } from "./jobs";
import { LogView } from "./log-view";
import { RunDialog } from "./run-dialog";
import { Progress, RunBadge } from "./run-status";
import { length, took, whatBecame } from "./words";

/** One run: how it stands, and what it prints. */
export function RunPage({ me, node, job, id }: { me: Whoami; node: string; job: string; id: string }) {
  const past = useLive(runs);
  const [old, setOld] = useState<Run | null>(null); // that the list has not
  const [error, setError] = useState<RpcError | null>(null);
  const listed = past.value?.find((r) => r.node === node && r.id === id);
  const missing = past.status === "ready" && !listed;
  useEffect(() => {
    if (!missing) return;
    client.call("jobs.status", { node, run: id }).then(setOld, (err: unknown) => setError(asRpcError(err)));
  }, [missing, node, id]);
  const run = listed ?? old;
  return (
    <div className="mx-auto max-w-3xl pt-4 sm:pt-6">
      <Link href={jobPath({ node, id: job })} className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        {run?.name ?? job}
      </Link>
      {!run && (error ? <Failed error={error} /> : past.status === "error" ? <Failed error={past.error} onRetry={runs.refresh} /> : <Loading what="the run" />)}
      {run && <Standing me={me} run={run} />}
      {run && <LogView node={node} run={id} />}
    </div>
  );
}

function Standing({ me, run: r }: { me: Whoami; run: Run }) {
  const [ending, setEnding] = useState(false);
  const [again, setAgain] = useState(false);
  const job = useLive(jobs).value?.find((j) => j.node === r.node && j.id === r.job);
  const now = useNow(r.state === "running");
  const ran = took(r, now);
  const cancel = async () => {
    try {
      await client.call("jobs.cancel", { node: r.node, run: r.id });
    } catch (err) {
      toastError("It was not cancelled", err);
    }
  };
  const params = Object.entries(r.params);
  return (
    <>
      <PageHead title={r.name}>
        {[`on ${r.node}`, `as ${r.account}`, `by ${r.by}`, moment(r.queuedAt), ran === null ? "" : length(ran)].filter(Boolean).join(" · ")}
      </PageHead>
      <Card aria-label="How it stands" className="mb-5 grid gap-3 p-5">
        <div className="flex items-start gap-3" role="status">
          <RunBadge run={r} />
          <p className="min-w-0 flex-1 break-words">{whatBecame(r)}</p>
        </div>
        <Progress run={r} />
        {params.length > 0 && <p className="text-sm break-words text-muted">{params.map(([name, value]) => `${name}: ${value}`).join(" · ")}</p>}
        <div className="flex flex-wrap gap-2">
          {r.state !== "done" && (can(me, "jobs:run") || (r.button && can(me, "jobs:press"))) && (
            <Button look="danger" onClick={() => setEnding(true)}>
              <Square aria-hidden />
              Cancel
            </Button>
          )}
          {r.state === "done" && job && !job.problem && (job.button ? can(me, "jobs:press") : can(me, "jobs:run")) && (
            <Button look="soft" onClick={() => setAgain(true)}>
              <RotateCw aria-hidden />
              Start it again
            </Button>
          )}
        </div>
      </Card>
      {again && job && <RunDialog job={job} before={r.params} onClose={() => setAgain(false)} onStarted={(next) => navigate(runPath(next))} />}
      <Confirm
        open={ending}
        onOpenChange={setEnding}
        title={`Cancel ${r.name}?`}
        description="It is told to end, and is ended if it does not. What it did so far stays."
        keep="Let it run"
        action="Cancel it"
        danger
        onConfirm={cancel}
      />
    </>
  );
}

/** The time, anew each second while it counts. */
function useNow(counts: boolean): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    if (!counts) return;
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [counts]);
  return now;
}
