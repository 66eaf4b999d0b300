import type { Whoami } from "@/gen/api";
import { cn } from "@/lib/cn";

/** The first letter of a name in a circle. Pictures would be fetched elsewhere. */
export function Avatar({ me, className }: { me: Whoami; className?: string }) {
  return (
    <span
      aria-hidden
      className={cn(
        "grid place-items-center rounded-full bg-lamp-soft font-display font-semibold text-accent-ink",
        className ?? "size-9 text-base",
      )}
    >
      {(me.name[0] ?? "?").toUpperCase()}
    </span>
  );
}
