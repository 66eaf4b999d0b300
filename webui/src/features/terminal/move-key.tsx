import { Move } from "lucide-react";
import { useRef, type PointerEvent } from "react";
import { cn } from "@/lib/cn";
import { keyClass } from "./bar-key";
import type { OpenTerminal } from "./terminal";

/** How far a finger goes for one step of the cursor, in pixels. */
const ACROSS = 12;
const DOWN = 22;

/**
 * A key to hold and drag: the cursor follows the finger, a step at a time. The
 * arrow keys do the same.
 */
export function MoveKey({ terminal }: { terminal: OpenTerminal }) {
  const from = useRef<{ x: number; y: number } | null>(null);
  const move = (e: PointerEvent) => {
    const at = from.current;
    if (!at) return;
    const x = Math.trunc((e.clientX - at.x) / ACROSS);
    const y = Math.trunc((e.clientY - at.y) / DOWN);
    for (let i = 0; i < Math.abs(x); i++) terminal.press(x > 0 ? "right" : "left");
    for (let i = 0; i < Math.abs(y); i++) terminal.press(y > 0 ? "down" : "up");
    if (x !== 0 || y !== 0) navigator.vibrate?.(4);
    from.current = { x: at.x + x * ACROSS, y: at.y + y * DOWN };
  };
  return (
    <button
      type="button"
      aria-label="Move the cursor: hold and drag"
      title="Hold and drag to move the cursor"
      onPointerDown={(e) => {
        e.preventDefault();
        e.currentTarget.setPointerCapture(e.pointerId);
        from.current = { x: e.clientX, y: e.clientY };
      }}
      onPointerMove={move}
      onLostPointerCapture={() => (from.current = null)}
      onMouseDown={(e) => e.preventDefault()}
      onContextMenu={(e) => e.preventDefault()}
      className={cn(keyClass, "w-11 shrink-0 touch-none bg-accent-soft text-accent-ink active:bg-accent active:text-on-accent")}
    >
      <Move aria-hidden />
    </button>
  );
}
