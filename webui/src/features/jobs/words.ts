import type { Run } from "@/gen/api";
import type { Tone } from "@/components/ui/badge";
import { moment } from "@/lib/format";

const outcomes: Record<string, { text: string; tone: Tone }> = {
  succeeded: { text: "done", tone: "good" },
  failed: { text: "failed", tone: "bad" },
  signal: { text: "was ended", tone: "bad" },
  timeout: { text: "took too long", tone: "bad" },
  cancelled: { text: "cancelled", tone: "warn" },
  lost: { text: "lost", tone: "bad" },
  broken: { text: "could not start", tone: "bad" },
};

/** How a run stands, in a word or two. */
export function standing(r: Run): { text: string; tone: Tone } {
  if (r.state === "queued") return { text: "waiting", tone: "plain" };
  if (r.state === "running") return { text: r.percent === null ? "running" : `${r.percent} %`, tone: "accent" };
  return outcomes[r.outcome ?? ""] ?? { text: r.outcome ?? "done", tone: "plain" };
}

/** What became of a run, in a sentence: for who pressed a button. */
export function whatBecame(r: Run): string {
  switch (r.state) {
    case "queued":
      return "It waits for its turn.";
    case "running":
      return r.doing || r.lastLine || "It runs.";
  }
  if (r.outcome === "succeeded") return r.endedAt ? `Done, ${moment(r.endedAt)}.` : "Done.";
  const said = r.outcome === "failed" && r.lastLine ? ` The last it said: “${r.lastLine}”` : "";
  const by = r.outcome === "cancelled" && r.cancelledBy ? `Cancelled by ${r.cancelledBy}.` : "";
  return `${by || r.why}${said}`.trim() || standing(r).text;
}

/** How long a run took or has taken, in milliseconds; null while it waits. */
export function took(r: Run, now: number): number | null {
  if (!r.startedAt) return null;
  return (r.endedAt ? Date.parse(r.endedAt) : now) - Date.parse(r.startedAt);
}

/** A length of time for a run: "4 s", "3 min 20 s", "2 h 5 min". */
export function length(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min ${s % 60} s`;
  return `${Math.floor(s / 3600)} h ${Math.floor((s % 3600) / 60)} min`;
}
