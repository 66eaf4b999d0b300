import type { Run } from "@/gen/api";
import { Badge } from "@/components/ui/badge";
import { standing } from "./words";

/** How a run stands, in a word or two. */
export function RunBadge({ run }: { run: Run }) {
  const { text, tone } = standing(run);
  return <Badge tone={tone}>{text}</Badge>;
}

/** How far a run says it is. */
export function Progress({ run }: { run: Run }) {
  if (run.state !== "running") return null;
  const known = run.percent !== null;
  return (
    <div
      role="progressbar"
      aria-label={`Progress of ${run.name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(known ? { "aria-valuenow": run.percent!, "aria-valuetext": `${run.percent} %${run.doing ? `, ${run.doing}` : ""}` } : {})}
      className="h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div
        className={known ? "h-full rounded-full bg-accent transition-[width] duration-500" : "breathe h-full w-full rounded-full bg-accent/50"}
        style={known ? { width: `${run.percent}%` } : undefined}
      />
    </div>
  );
}
