import type { PointerEvent, ReactNode } from "react";
import { cn } from "@/lib/cn";

/** Where the key repeats while it is held, in milliseconds. */
const HELD = 400;
const REPEAT = 60;

let repeating: ReturnType<typeof setTimeout> | undefined;

interface KeyProps {
  label: string;
  onPress: () => void;
  pressed?: boolean;
  /** It holds for more than the next key. */
  locked?: boolean;
  repeat?: boolean;
  className?: string;
  children: ReactNode;
}

export const keyClass = cn(
  "grid h-11 touch-manipulation place-items-center rounded-xl text-[0.9rem] font-medium select-none short:h-9 short:min-w-13 short:shrink-0",
  "transition-colors active:bg-lamp-soft [&_svg]:size-5",
);

/** A key of the key bar. Pressing it leaves the focus, and with it the soft keyboard, alone. */
export function BarKey({ label, onPress, pressed, locked, repeat, className, children }: KeyProps) {
  const again = (after: number) => {
    repeating = setTimeout(() => {
      onPress();
      again(REPEAT);
    }, after);
  };
  const down = (e: PointerEvent) => {
    e.preventDefault();
    clearTimeout(repeating);
    if (repeat && e.button === 0) again(HELD);
  };
  const stop = () => clearTimeout(repeating);
  return (
    <button
      type="button"
      aria-label={label}
      aria-pressed={pressed}
      onPointerDown={down}
      onPointerUp={stop}
      onPointerLeave={stop}
      onPointerCancel={stop}
      onMouseDown={(e) => e.preventDefault()}
      onContextMenu={(e) => e.preventDefault()}
      onClick={onPress}
      className={cn(
        keyClass,
        pressed ? "bg-accent text-on-accent" : "bg-sunken",
        locked && "underline decoration-2 underline-offset-4",
        className,
      )}
    >
      {children}
    </button>
  );
}
