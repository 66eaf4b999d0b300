import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";
import { theme } from "@/lib/theme";
import type { OpenTerminal } from "./terminal";

/** How many places are counted; see createEngine. */
const MOST = 2_000;

const colours = {
  light: { matchBackground: "#ffe9c2", matchOverviewRuler: "#f2a93b", activeMatchBackground: "#f2a93b", activeMatchColorOverviewRuler: "#a8472a" },
  dark: { matchBackground: "#4a3418", matchOverviewRuler: "#ffc266", activeMatchBackground: "#9c6a22", activeMatchColorOverviewRuler: "#ffc266" },
};

/** Finds text in a terminal's output. Enter goes up, Shift+Enter down. */
export function SearchPanel({ terminal, onClose }: { terminal: OpenTerminal; onClose: () => void }) {
  const engine = useStore(terminal.engine);
  const loads = useStore(terminal.loads);
  const decorations = colours[useStore(theme)];
  const [text, setText] = useState("");
  const [found, setFound] = useState<{ at: number; of: number } | null>(null);
  const field = useRef<HTMLInputElement>(null);

  useEffect(() => field.current?.focus(), []);
  useEffect(() => terminal.loadHistory(), [terminal]); // all of it is looked through
  useEffect(() => {
    if (!engine) return;
    const results = engine.search.onDidChangeResults((r) => setFound({ at: r.resultIndex + 1, of: r.resultCount }));
    return () => {
      results.dispose();
      engine.search.clearDecorations();
    };
  }, [engine]);

  // Typing looks from where the last match was; nothing typed shows nothing.
  useEffect(() => {
    if (text) {
      engine?.search.findPrevious(text, { incremental: true, decorations });
    } else {
      engine?.search.clearDecorations();
      setFound(null);
    }
  }, [engine, text, decorations, loads]);

  const up = () => engine?.search.findPrevious(text, { decorations });
  const down = () => engine?.search.findNext(text, { decorations });
  const result = !text || !found ? "" : found.of === 0 ? "Nothing found" : `${found.at || "?"} of ${found.of}${found.of >= MOST ? " or more" : ""}`;
  return (
    <div
      role="search"
      className="arrive absolute top-2 right-2 left-2 z-20 flex items-center gap-1 rounded-2xl border border-line bg-surface p-1.5 shadow-card sm:left-auto sm:w-[26rem]"
      onKeyDown={(e) => {
        if (e.key === "Escape") onClose();
      }}
    >
      <input
        ref={field}
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter") (e.shiftKey ? down : up)();
        }}
        aria-label="Search in the terminal"
        placeholder="Search in the terminal"
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
        className="min-h-9 min-w-0 flex-1 pointer-coarse:min-h-11 rounded-xl bg-transparent px-3 text-base outline-offset-0 placeholder:text-muted sm:text-[0.95rem]"
      />
      <span aria-live="polite" className="px-1 text-sm whitespace-nowrap text-muted tabular-nums">
        {result}
      </span>
      <Button look="ghost" size="iconSm" aria-label="Find earlier" onClick={up}>
        <ChevronUp aria-hidden />
      </Button>
      <Button look="ghost" size="iconSm" aria-label="Find later" onClick={down}>
        <ChevronDown aria-hidden />
      </Button>
      <Button look="ghost" size="iconSm" aria-label="Close search" onClick={onClose}>
        <X aria-hidden />
      </Button>
    </div>
  );
}
