import type { Machine } from "@/gen/api";

const COLUMNS = [90, 116, 142];
const ROWS = [62, 88];
const SHOWN = COLUMNS.length * ROWS.length;

/** The home as a picture: a window for each machine, lit while it is online. */
export function House({ machines, className }: { machines: Machine[]; className?: string }) {
  const shown = machines.slice(0, SHOWN);
  const rows = shown.length > COLUMNS.length ? ROWS : [74];
  return (
    <svg viewBox="0 0 232 132" aria-hidden className={className}>
      <circle cx="196" cy="30" r="15" className="fill-lamp opacity-70 dark:opacity-90" />
      <circle cx="203" cy="25" r="14" className="fill-bg opacity-0 dark:opacity-100" />
      <ellipse cx="116" cy="124" rx="112" ry="6" className="fill-line" />
      <path className="fill-good/25" d="M30 122c-14 0-22-11-22-25s9-31 22-31 22 17 22 31-8 25-22 25Z" />
      <path className="stroke-good/60" strokeWidth="3" strokeLinecap="round" fill="none" d="M30 122V92m0 12 8-8" />
      <path className="fill-accent-hover" d="M146 18h15v24h-15z" />
      <path
        className="fill-surface stroke-line"
        strokeWidth="2"
        d="M66 54h112v64a4 4 0 0 1-4 4H70a4 4 0 0 1-4-4Z"
      />
      <path
        className="fill-accent stroke-accent"
        strokeWidth="8"
        strokeLinejoin="round"
        d="M122 14 184 52H60Z"
      />
      {shown.map((m, i) => (
        <Pane
          key={m.name}
          lit={m.online}
          x={COLUMNS[i % COLUMNS.length]!}
          y={rows[Math.floor(i / COLUMNS.length)]!}
        />
      ))}
      <path className="fill-accent-soft stroke-accent/50" strokeWidth="2" d="M160 122V96a6 6 0 0 1 12 0v26Z" />
    </svg>
  );
}

function Pane({ x, y, lit }: { x: number; y: number; lit: boolean }) {
  return (
    <g className="transition-opacity duration-700">
      {lit && <rect x={x - 16} y={y - 4} width="24" height="26" rx="8" className="fill-lamp opacity-25" />}
      <rect
        x={x - 12}
        y={y}
        width="16"
        height="18"
        rx="3"
        className={lit ? "fill-lamp stroke-accent/60" : "fill-line-strong/35 stroke-line-strong/50"}
        strokeWidth="2"
      />
      <path d={`M${x - 4} ${y}v18m-8-9h16`} className={lit ? "stroke-accent/60" : "stroke-line-strong/50"} strokeWidth="1.6" />
    </g>
  );
}
