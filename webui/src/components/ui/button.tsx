import type { ButtonHTMLAttributes, Ref } from "react";
import { cn } from "@/lib/cn";

const looks = {
  primary: "bg-accent text-on-accent hover:bg-accent-hover shadow-[0_1px_0_rgb(255_255_255/0.18)_inset]",
  soft: "bg-accent-soft text-accent-ink hover:bg-accent hover:text-on-accent",
  quiet: "bg-sunken text-ink hover:bg-line",
  outline: "border border-line-strong/60 bg-surface text-ink hover:bg-sunken",
  ghost: "text-ink hover:bg-sunken",
  danger: "bg-bad-soft text-bad hover:bg-bad hover:text-surface",
};

const sizes = {
  md: "min-h-11 px-4 py-1.5 text-[0.95rem] leading-snug gap-2",
  sm: "min-h-9 px-3 text-sm gap-1.5 pointer-coarse:min-h-11",
  icon: "size-11 shrink-0",
  iconSm: "size-9 shrink-0 pointer-coarse:size-11",
};

export interface ButtonLook {
  look?: keyof typeof looks;
  size?: keyof typeof sizes;
}

/** The classes of a button, for links that look like one. */
export function buttonClass({ look = "quiet", size = "md" }: ButtonLook, className?: string): string {
  return cn(
    "inline-flex items-center justify-center rounded-xl font-medium select-none",
    "transition-colors duration-150 [&_svg]:size-[1.15em] [&_svg]:shrink-0",
    "disabled:opacity-50 disabled:pointer-events-none aria-disabled:opacity-55 aria-disabled:cursor-not-allowed",
    looks[look],
    sizes[size],
    className,
  );
}

export function Button({
  look,
  size,
  className,
  type = "button",
  ...rest
}: ButtonHTMLAttributes<HTMLButtonElement> & ButtonLook & { ref?: Ref<HTMLButtonElement> }) {
  return <button type={type} className={buttonClass({ look, size }, className)} {...rest} />;
}
