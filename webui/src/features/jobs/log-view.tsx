import { ArrowDown } from "lucide-react";
import { memo, useEffect, useLayoutEffect, useRef, useState, type CSSProperties } from "react";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import type { Span } from "./ansi";
import { Log } from "./log";

/** Lines that are drawn together, so that a long log is not drawn anew with each. */
const BLOCK = 200;

/** What a run printed, followed to its end while the reader is there. */
export function LogView({ node, run }: { node: string; run: string }) {
  const [log, setLog] = useState<Log | null>(null);
  useEffect(() => {
    const mine = new Log({ node, run });
    setLog(mine);
    return () => mine.stop();
  }, [node, run]);
  return log && <Shown log={log} />;
}

function Shown({ log }: { log: Log }) {
  const state = useStore(log.state);
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  useLayoutEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, state.version]);
  const { done, dropped, rest } = log.lines;
  // Blocks are of line numbers, so that those that are whole never change.
  const blocks: { key: number; from: number; to: number }[] = [];
  for (let n = dropped; n < dropped + done.length; ) {
    const end = Math.min((Math.floor(n / BLOCK) + 1) * BLOCK, dropped + done.length);
    blocks.push({ key: Math.floor(n / BLOCK), from: n - dropped, to: end - dropped });
    n = end;
  }
  const nothing = done.length === 0 && rest.length === 0;
  return (
    <div className="relative">
      <div
        ref={box}
        tabIndex={0}
        role="log"
        aria-label="What it prints"
        aria-live="off"
        onScroll={(e) => {
          const at = e.currentTarget;
          setFollows(at.scrollHeight - at.scrollTop - at.clientHeight < 40);
        }}
        className="joblog h-[50dvh] min-h-48 overflow-auto rounded-xl p-3 font-mono text-[0.8rem] leading-relaxed whitespace-pre-wrap [overflow-wrap:anywhere]"
      >
        {dropped > 0 && <div className="italic opacity-60">{dropped} lines before are not shown.</div>}
        {blocks.map((b) => (
          <Block key={b.key} lines={done.slice(b.from, b.to)} size={b.to - b.from} first={b.from + dropped} />
        ))}
        {rest.length > 0 && <Line spans={rest} />}
        {nothing && (
          <div className="opacity-60">{state.phase === "waiting" ? "Waiting for the machine…" : state.phase === "open" ? "It has printed nothing yet." : "It printed nothing."}</div>
        )}
        {state.error && <div role="alert">{state.error.message}</div>}
      </div>
      {!follows && (
        <Button size="sm" look="primary" className="absolute right-4 bottom-4" onClick={() => setFollows(true)}>
          <ArrowDown aria-hidden />
          To the end
        </Button>
      )}
    </div>
  );
}

const Block = memo(
  function Block({ lines }: { lines: Span[][]; size: number; first: number }) {
    return (
      <>
        {lines.map((spans, i) => (
          <Line key={i} spans={spans} />
        ))}
      </>
    );
  },
  (a, b) => a.size === b.size && a.first === b.first,
);

function Line({ spans }: { spans: Span[] }) {
  const first = spans[0]?.text ?? "";
  if (first.startsWith("::progress ")) return null; // it is shown above
  return (
    <div className="min-h-[1lh]">
      {spans.map((s, i) => (
        <span key={i} style={colours(s)} className={cn(s.bold && "font-bold", s.dim && "opacity-60", s.italic && "italic", s.underline && "underline")}>
          {s.text}
        </span>
      ))}
    </div>
  );
}

function colours(s: Span): CSSProperties | undefined {
  if (!s.color && !s.back) return undefined;
  return { ...(s.color ? { color: s.color } : {}), ...(s.back ? { backgroundColor: s.back } : {}) };
}
