import { ChevronsRight, CircleX, Copy, Dot, RotateCcw, TextSelect } from "lucide-react";
import { useEffect, useState } from "react";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { copyCommand, copyOutput, runAgain } from "./command-acts";
import type { Engine } from "./engine";
import { commandText, standing, type Command, type Standing } from "./marks";
import type { OpenTerminal } from "./terminal";

interface Row {
  command: Command;
  row: number;
  as: Standing;
}

const words: Record<Standing, string> = { typing: "", running: "running", done: "done", failed: "failed" };
const looks: Record<Standing, string> = { typing: "", running: "text-lamp", done: "text-muted", failed: "text-bad" };
const signs = { typing: Dot, running: ChevronsRight, done: Dot, failed: CircleX };

/** The marks beside the commands that are in sight: each opens a menu. */
export function Gutter({ terminal, mayType }: { terminal: OpenTerminal; mayType: boolean }) {
  const engine = useStore(terminal.engine);
  if (!engine) return null;
  return <Marks terminal={terminal} engine={engine} mayType={mayType} />;
}

function Marks({ terminal, engine, mayType }: { terminal: OpenTerminal; engine: Engine; mayType: boolean }) {
  const { rows, top, height } = useRows(engine);
  return (
    <div role="group" aria-label="Commands in sight" className="pointer-events-none absolute inset-y-0 left-0 z-10 w-0 overflow-visible">
      {rows.map(({ command, row, as }) => (
        <Mark
          key={command.prompt.id}
          terminal={terminal}
          engine={engine}
          command={command}
          as={as}
          mayType={mayType}
          place={{ top: top + row * height, height }}
        />
      ))}
    </div>
  );
}

interface MarkProps {
  terminal: OpenTerminal;
  engine: Engine;
  command: Command;
  as: Standing;
  mayType: boolean;
  place: { top: number; height: number };
}

function Mark({ terminal, engine, command, as, mayType, place }: MarkProps) {
  const text = commandText(engine.term, command);
  const status = as === "failed" ? `failed with exit ${command.exit}` : words[as];
  const Sign = signs[as];
  return (
    <Menu
      align="start"
      onCloseAutoFocus={(e) => {
        e.preventDefault();
        terminal.focus();
      }}
      trigger={
        <button
          type="button"
          tabIndex={-1} // the keyboard goes from prompt to prompt, and has the menu
          aria-label={`${text || "Command"}, ${status}`}
          title={`${text || "Command"}: ${status}`}
          style={place}
          className={cn(
            "pointer-events-auto absolute left-0 flex w-2 items-center rounded-sm hover:bg-line sm:w-3 pointer-coarse:w-5",
            looks[as],
          )}
        >
          <Sign aria-hidden className="size-2 shrink-0 sm:size-3" strokeWidth={as === "done" ? 6 : 3} />
        </button>
      }
    >
      <MenuLabel>
        <span className="block max-w-72 truncate font-mono">{text || "Command"}</span>
        {status}
      </MenuLabel>
      {text && (
        <MenuItem onSelect={() => void copyCommand(text)}>
          <Copy aria-hidden />
          Copy the command
        </MenuItem>
      )}
      <MenuItem onSelect={() => void copyOutput(engine.term, command)}>
        <TextSelect aria-hidden />
        Copy its output
      </MenuItem>
      {text && mayType && (
        <MenuItem onSelect={() => runAgain(terminal, text)}>
          <RotateCcw aria-hidden />
          Run it again
        </MenuItem>
      )}
    </Menu>
  );
}

/** The commands whose prompts are in sight, and where their rows are. */
function useRows({ term, marks }: Engine): { rows: Row[]; top: number; height: number } {
  const [seen, setSeen] = useState<{ rows: Row[]; top: number; height: number }>({ rows: [], top: 0, height: 0 });
  useEffect(() => {
    let frame = 0;
    let before = "";
    const look = () => {
      frame = 0;
      const { type, viewportY } = term.buffer.active;
      const screen = term.element?.querySelector<HTMLElement>(".xterm-screen");
      const place = screen?.getBoundingClientRect();
      const stage = screen?.closest("[data-stage]")?.getBoundingClientRect();
      const rows: Row[] = [];
      for (const command of type === "normal" ? marks.commands : []) {
        const row = command.prompt.line - viewportY;
        const as = standing(command);
        if (row >= 0 && row < term.rows && as !== "typing") rows.push({ command, row, as });
      }
      const top = place && stage ? place.top - stage.top : 0;
      const height = place ? place.height / term.rows : 0;
      const now = `${top} ${height} ${rows.map((r) => `${r.command.prompt.id}:${r.row}:${r.as}`).join(" ")}`;
      if (now !== before) setSeen({ rows, top, height });
      before = now;
    };
    const soon = () => (frame ||= requestAnimationFrame(look));
    const off = [term.onRender(soon), term.onScroll(soon), term.onResize(soon), term.buffer.onBufferChange(soon)];
    const unsubscribe = marks.changes.subscribe(soon);
    soon();
    return () => {
      cancelAnimationFrame(frame);
      unsubscribe();
      for (const o of off) o.dispose();
    };
  }, [term, marks]);
  return seen;
}
