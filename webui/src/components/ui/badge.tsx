import type { HTMLAttributes } from "react";
import { cn } from "@/lib/cn";

const tones = {
  plain: "bg-sunken text-muted",
  good: "bg-good-soft text-good",
  warn: "bg-warn-soft text-warn",
  bad: "bg-bad-soft text-bad",
  accent: "bg-accent-soft text-accent-ink",
};

export type Tone = keyof typeof tones;

/** A word or two about the state of something. */
export function Badge({ tone = "plain", className, ...rest }: HTMLAttributes<HTMLSpanElement> & { tone?: Tone }) {
  return (
    <span
      className={cn(
        "inline-flex items-center gap-1.5 rounded-full px-2.5 py-0.5 text-[0.8rem] font-medium whitespace-nowrap [&_svg]:size-[1em]",
        tones[tone],
        className,
      )}
      {...rest}
    />
  );
}
