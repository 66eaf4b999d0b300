import { Copy, TextSelect } from "lucide-react";
import { useRef, type PointerEvent } from "react";
import { toastDone, toastError } from "@/components/ui/toast";
import { copyText } from "@/lib/clipboard";
import { useStore } from "@/lib/store";
import type { OpenTerminal } from "./terminal";
import type { Range, TouchSelect } from "./touch-select";

/** What a finger has selected: two handles to extend it, and what to do with it. */
export function TouchSelection({ terminal }: { terminal: OpenTerminal }) {
  const select = useStore(terminal.selecting);
  return select && <Selected select={select} terminal={terminal} />;
}

const BUBBLE = 52; // pixels that the buttons need above or below

function Selected({ select, terminal }: { select: TouchSelect; terminal: OpenTerminal }) {
  const range = useStore(select.range);
  useStore(select.moved);
  if (!range) return null;
  const start = select.position(range.start);
  const end = select.position(range.end);
  const top = start.top > BUBBLE ? start.top - BUBBLE : end.bottom + 34;
  const copy = async () => {
    try {
      await copyText(terminal.selection());
      toastDone("Copied");
      select.clear();
    } catch (err) {
      toastError("That could not be copied", err);
    }
  };
  return (
    <div className="pointer-events-none absolute inset-0 z-10 overflow-hidden">
      <Handle end="start" select={select} place={start} />
      <Handle end="end" select={select} place={end} />
      <div
        role="toolbar"
        aria-label="Selected text"
        style={{ left: `clamp(4px, ${start.left}px, 100% - 12rem)`, top: `clamp(4px, ${top}px, 100% - 3rem)` }}
        className="pointer-events-auto absolute flex rounded-xl border border-line bg-surface shadow-card"
      >
        <Do label="Copy" onClick={() => void copy()}>
          <Copy aria-hidden /> Copy
        </Do>
        <Do label="Select everything" onClick={() => select.all()}>
          <TextSelect aria-hidden /> All
        </Do>
      </div>
    </div>
  );
}

function Do({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-label={label}
      onPointerDown={(e) => e.preventDefault()}
      onClick={onClick}
      className="flex min-h-11 items-center gap-2 rounded-xl px-3.5 text-[0.95rem] font-medium active:bg-sunken [&_svg]:size-4"
    >
      {children}
    </button>
  );
}

interface HandleProps {
  end: keyof Range;
  select: TouchSelect;
  place: { left: number; bottom: number; visible: boolean };
}

/** One end of the selection. What the finger covers is above it, at the handle's tip. */
function Handle({ end, select, place }: HandleProps) {
  const held = useRef<keyof Range | null>(null);
  if (!place.visible && !held.current) return null;
  const drag = (e: PointerEvent) => {
    if (held.current) held.current = select.drag(held.current, { clientX: e.clientX, clientY: e.clientY - 24 });
  };
  const drop = () => {
    held.current = null;
    select.drop();
  };
  return (
    <div
      aria-hidden
      data-handle={end}
      style={{ left: place.left - 22, top: place.bottom }}
      onPointerDown={(e) => {
        e.preventDefault();
        e.currentTarget.setPointerCapture(e.pointerId);
        held.current = end;
      }}
      onPointerMove={drag}
      onLostPointerCapture={drop}
      className="pointer-events-auto absolute grid size-11 touch-none justify-center"
    >
      <span className="mt-0.5 size-5 rotate-45 rounded-full rounded-tl-none border-2 border-surface bg-accent shadow-card" />
    </div>
  );
}
