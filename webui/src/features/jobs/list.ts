import type { Job, Run } from "@/gen/api";

/** The jobs after one was defined, changed or removed. */
export function withJob(all: Job[], changed: Job): Job[] {
  const others = all.filter((j) => j.id !== changed.id || j.node !== changed.node);
  if (changed.removed) return others;
  return [...others, changed].sort((a, b) => a.node.localeCompare(b.node) || a.name.toLowerCase().localeCompare(b.name.toLowerCase()));
}

/** How many runs a list has at most, as the gateway's snapshot does. */
export const mostRuns = 200;

/** The runs after an event, the latest first. A run never goes back. */
export function withRun(all: Run[], changed: Run): Run[] {
  const same = (r: Run) => r.id === changed.id && r.node === changed.node;
  const old = all.find(same);
  if (old?.state === "done" && changed.state !== "removed") return all;
  const others = all.filter((r) => !same(r));
  if (changed.state === "removed") return others;
  return [changed, ...others]
    .sort((a, b) => Date.parse(b.queuedAt) - Date.parse(a.queuedAt) || b.seq - a.seq)
    .slice(0, mostRuns);
}

/** The runs of one job, the latest first. */
export function runsOf(all: Run[], job: { node: string; id: string }): Run[] {
  return all.filter((r) => r.node === job.node && r.job === job.id);
}
