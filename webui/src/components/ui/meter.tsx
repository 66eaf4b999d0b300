import { cn } from "@/lib/cn";

interface MeterProps {
  label: string;
  /** What the bar says in words. */
  text: string;
  /** From 0 to 1. */
  value: number;
  /** Stacked takes little width: the words above each other. */
  stacked?: boolean;
}

/** A labelled bar of how full something is. */
export function Meter({ label, text, value, stacked }: MeterProps) {
  const percent = Math.round(Math.min(1, Math.max(0, value)) * 100);
  const color = percent >= 92 ? "bg-bad" : percent >= 78 ? "bg-lamp" : "bg-good";
  return (
    <div className="min-w-0">
      <div className={cn("flex", stacked ? "flex-col-reverse" : "items-baseline justify-between gap-2 text-[0.9rem]")}>
        <span className={cn("text-muted", stacked && "text-[0.78rem]")}>{label}</span>
        <span className="truncate font-medium tabular-nums">{text}</span>
      </div>
      <div
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={percent}
        aria-valuetext={text}
        className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken"
      >
        <div
          className={cn("h-full min-w-1 rounded-full transition-[width] duration-500", color)}
          style={{ width: `${percent}%` }}
        />
      </div>
    </div>
  );
}
