import type { Job, Run } from "@/gen/api";
import { client } from "@/app/client";
import { machines } from "@/features/presence/machines";
import { Live } from "@/lib/live";
import { Store } from "@/lib/store";
import { mostRuns, withJob, withRun } from "./list";

/** The machines whose jobs are not in the list, because they do not answer. */
export const away = new Store<string[]>([]);

/** The jobs of all machines that the caller sees, live. */
export const jobs = new Live<Job[], "jobs.changed">(client, {
  topic: "jobs.changed",
  snapshot: async () => {
    const all = await client.call("jobs.list", {});
    away.set(all.away);
    return all.jobs;
  },
  apply: withJob,
});

/** What ran, runs and waits to, live, the latest first. */
export const runs = new Live<Run[], "jobs.run">(client, {
  topic: "jobs.run",
  snapshot: async () => (await client.call("jobs.runs", { limit: mostRuns })).runs,
  apply: withRun,
});

// A machine that comes back may have other jobs than before, and one that goes
// takes its own along: no event tells.
let up = "";
machines.state.subscribe(() => {
  const state = machines.state.get();
  if (state.status !== "ready") return;
  const now = state.value.filter((m) => m.online).map((m) => m.name).join("\n");
  if (up !== "" && now !== up) {
    jobs.refresh();
    runs.refresh();
  }
  up = now;
});

export function jobPath(of: { node: string; id: string }): string {
  return `/jobs/${encodeURIComponent(of.node)}/${encodeURIComponent(of.id)}`;
}

export function runPath(r: { node: string; job: string; id: string }): string {
  return `${jobPath({ node: r.node, id: r.job })}/${encodeURIComponent(r.id)}`;
}

/** Starts a job by the right that the caller has: a button is pressed. */
export function startJob(job: Job, params: Record<string, string>): Promise<Run> {
  return client.call(job.button ? "jobs.press" : "jobs.start", { node: job.node, job: job.id, params });
}
