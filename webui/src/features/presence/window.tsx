import { cn } from "@/lib/cn";

/** A machine's window: lit while somebody is home. */
export function Window({ lit, className }: { lit: boolean; className?: string }) {
  const pane = lit ? "fill-lamp" : "fill-line-strong/25";
  return (
    <span
      aria-hidden
      className={cn(
        "grid size-13 shrink-0 place-items-center rounded-2xl transition-colors duration-700",
        lit ? "bg-lamp-soft shadow-[0_0_28px_-4px_var(--lamp)]" : "bg-sunken",
        className,
      )}
    >
      <svg viewBox="0 0 24 24" className="size-7">
        <rect x="3" y="3" width="8.2" height="8.2" rx="2" className={pane} />
        <rect x="12.8" y="3" width="8.2" height="8.2" rx="2" className={pane} opacity={lit ? 0.85 : 1} />
        <rect x="3" y="12.8" width="8.2" height="8.2" rx="2" className={pane} opacity={lit ? 0.7 : 1} />
        <rect x="12.8" y="12.8" width="8.2" height="8.2" rx="2" className={pane} />
      </svg>
    </span>
  );
}
