import { useRef, useState, type DragEvent, type PointerEvent } from "react";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { boxes, resize, type Box, type Branch, type Divider, type Side } from "./layout";
import { dragged, place, rearrange } from "./splits";
import { sameTab, tabPath, type Tab } from "./tabs";

interface StageProps {
  /** What is shown together; null: the one terminal alone. */
  split: Branch | null;
  shown: Tab;
  pane: (tab: Tab) => React.ReactNode;
  /** A tab was dropped beside another one. */
  onPlaced: (tab: Tab) => void;
  onFull: () => void;
}

/**
 * The place of the terminals that are shown. They stand in one flat list, so
 * that one keeps what it has drawn when those around it come and go.
 */
export function Stage({ split, shown, pane, onPlaced, onFull }: StageProps) {
  const place = useRef<HTMLDivElement>(null);
  const [live, setLive] = useState<Branch | null>(null); // while a divider is dragged
  const { panes, dividers } = boxes(live ?? split ?? shown);
  return (
    <div ref={place} className="relative min-h-0 flex-1 bg-term">
      {panes.map(({ tab, box }) => (
        <div key={tabPath(tab)} className="absolute" style={percent(box)}>
          {pane(tab)}
          <DropZone tab={tab} onPlaced={onPlaced} onFull={onFull} />
        </div>
      ))}
      {split &&
        dividers.map((d) => (
          <Line
            key={d.path}
            divider={d}
            onMove={(share) => setLive(resize(live ?? split, d.path, share) as Branch)}
            onMoved={() => {
              if (live) rearrange(split, live);
              setLive(null);
            }}
            onKey={(share) => rearrange(split, resize(split, d.path, share))}
          />
        ))}
    </div>
  );
}

function percent({ x, y, w, h }: Box) {
  return { left: `${x * 100}%`, top: `${y * 100}%`, width: `${w * 100}%`, height: `${h * 100}%` };
}

interface LineProps {
  divider: Divider;
  onMove: (share: number) => void;
  onMoved: () => void;
  onKey: (share: number) => void;
}

const STEP = 0.05;

/** The border between two parts: it can be dragged, and moved by the arrow keys. */
function Line({ divider: { branch, box, path }, onMove, onMoved, onKey }: LineProps) {
  const row = branch.way === "row";
  const drag = (e: PointerEvent<HTMLElement>) => {
    if (!e.currentTarget.hasPointerCapture(e.pointerId)) return;
    const whole = e.currentTarget.parentElement!.getBoundingClientRect();
    const at = row ? (e.clientX - whole.left) / whole.width - box.x : (e.clientY - whole.top) / whole.height - box.y;
    onMove(at / (row ? box.w : box.h));
  };
  const cut = row
    ? { left: `${(box.x + box.w * branch.share) * 100}%`, top: `${box.y * 100}%`, height: `${box.h * 100}%` }
    : { top: `${(box.y + box.h * branch.share) * 100}%`, left: `${box.x * 100}%`, width: `${box.w * 100}%` };
  return (
    <div
      role="separator"
      tabIndex={0}
      data-path={path}
      aria-label={row ? "Border between left and right" : "Border between above and below"}
      aria-orientation={row ? "vertical" : "horizontal"}
      aria-valuemin={10}
      aria-valuemax={90}
      aria-valuenow={Math.round(branch.share * 100)}
      style={cut}
      onMouseDown={(e) => e.preventDefault()} // the terminal keeps the keyboard
      onPointerDown={(e) => e.currentTarget.setPointerCapture(e.pointerId)}
      onPointerMove={drag}
      onLostPointerCapture={onMoved}
      onDoubleClick={() => onKey(0.5)}
      onKeyDown={(e) => {
        const step = { ArrowLeft: row ? -STEP : 0, ArrowRight: row ? STEP : 0, ArrowUp: row ? 0 : -STEP, ArrowDown: row ? 0 : STEP }[e.key];
        if (!step) return;
        e.preventDefault();
        onKey(branch.share + step);
      }}
      className={cn(
        "group absolute z-10 grid touch-none place-items-center outline-offset-0",
        row ? "w-2 -translate-x-1/2 cursor-col-resize pointer-coarse:w-6" : "h-2 -translate-y-1/2 cursor-row-resize pointer-coarse:h-6",
      )}
    >
      <span aria-hidden className={cn("bg-line group-hover:bg-accent", row ? "h-full w-px group-hover:w-0.5" : "h-px w-full group-hover:h-0.5")} />
    </div>
  );
}

/** Takes a dragged tab, at the side that the pointer is nearest to. */
function DropZone({ tab, onPlaced, onFull }: { tab: Tab } & Pick<StageProps, "onPlaced" | "onFull">) {
  const coming = useStore(dragged);
  const [side, setSide] = useState<Side | null>(null);
  if (!coming || sameTab(coming, tab)) return null;
  const over = (e: DragEvent) => {
    e.preventDefault();
    setSide(nearestSide(e));
  };
  const drop = (e: DragEvent) => {
    e.preventDefault();
    const to = nearestSide(e);
    dragged.set(null);
    if (place(coming, tab, to)) onPlaced(coming);
    else onFull();
  };
  return (
    <div className="absolute inset-0 z-20" onDragOver={over} onDragLeave={() => setSide(null)} onDrop={drop}>
      {side && <div className={cn("pointer-events-none absolute rounded-lg border-2 border-accent bg-accent/20", halves[side])} />}
    </div>
  );
}

const halves: Record<Side, string> = {
  left: "inset-y-0 left-0 w-1/2",
  right: "inset-y-0 right-0 w-1/2",
  up: "inset-x-0 top-0 h-1/2",
  down: "inset-x-0 bottom-0 h-1/2",
};

function nearestSide(e: DragEvent): Side {
  const { left, top, width, height } = e.currentTarget.getBoundingClientRect();
  const x = (e.clientX - left) / width - 0.5;
  const y = (e.clientY - top) / height - 0.5;
  if (Math.abs(x) > Math.abs(y)) return x < 0 ? "left" : "right";
  return y < 0 ? "up" : "down";
}
