import type { HTMLAttributes } from "react";
import { cn } from "@/lib/cn";

/** A surface that holds one thing. */
export function Card({ className, ...rest }: HTMLAttributes<HTMLElement>) {
  return (
    <section
      className={cn("rounded-(--radius-card) border border-line bg-surface shadow-card", className)}
      {...rest}
    />
  );
}
