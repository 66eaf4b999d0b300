import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste, Keyboard, Pencil, Zap } from "lucide-react";
import { Suspense, lazy, useState } from "react";
import { useStore } from "@/lib/store";
import { BarKey } from "./bar-key";
import { ask } from "./dialogs";
import { functionKeys, modifiers, tapModifier, type Held, type Modifiers, type SpecialKey } from "./keys";
import { MoveKey } from "./move-key";
import { ownKeys, spoken, type OwnKey } from "./own-keys";
import { pasteClipboard } from "./paste";
import { encodeStrokes, strokes } from "./strokes";
import type { OpenTerminal } from "./terminal";

const KeyEditor = lazy(() => import("./key-editor"));

/** The keys that a soft keyboard lacks. Pressing one leaves the focus alone. */
export function KeyBar({ terminal }: { terminal: OpenTerminal }) {
  const held = useStore(modifiers);
  const [functions, setFunctions] = useState(false);
  const [editing, setEditing] = useState(false);
  const press = (key: SpecialKey) => () => terminal.press(key);
  return (
    <div
      role="toolbar"
      aria-label="Keys"
      className="shrink-0 border-t border-line bg-surface px-[max(0.25rem,env(safe-area-inset-left))] pt-1.5 pb-[max(0.375rem,env(safe-area-inset-bottom))] in-data-keyboard:pb-1.5 short:flex short:gap-1 short:overflow-x-auto short:py-1"
    >
      <div className="grid grid-cols-7 gap-1 short:contents">
        <BarKey label="Esc, escape" onPress={press("escape")}>
          Esc
        </BarKey>
        <Modifier name="ctrl" held={held.ctrl}>
          Ctrl
        </Modifier>
        <Modifier name="alt" held={held.alt}>
          Alt
        </Modifier>
        <BarKey label="PgUp, page up" repeat onPress={press("pageUp")}>
          PgUp
        </BarKey>
        <BarKey label="Home" onPress={press("home")}>
          Home
        </BarKey>
        <BarKey label="Up" repeat onPress={press("up")}>
          <ArrowUp />
        </BarKey>
        <BarKey label="End" onPress={press("end")}>
          End
        </BarKey>
        <BarKey label="Tab" onPress={press("tab")}>
          Tab
        </BarKey>
        <BarKey label="/, slash" onPress={() => terminal.strike("/")}>
          /
        </BarKey>
        <BarKey label="|, pipe" onPress={() => terminal.strike("|")}>
          |
        </BarKey>
        <BarKey label="PgDn, page down" repeat onPress={press("pageDown")}>
          PgDn
        </BarKey>
        <BarKey label="Left" repeat onPress={press("left")}>
          <ArrowLeft />
        </BarKey>
        <BarKey label="Down" repeat onPress={press("down")}>
          <ArrowDown />
        </BarKey>
        <BarKey label="Right" repeat onPress={press("right")}>
          <ArrowRight />
        </BarKey>
      </div>
      <div className="mt-1 flex gap-1 short:contents">
        <BarKey label="Fn, function keys" pressed={functions} className="w-11 shrink-0" onPress={() => setFunctions(!functions)}>
          Fn
        </BarKey>
        <MoveKey terminal={terminal} />
        <div className="flex min-w-0 flex-1 gap-1 overflow-x-auto [scrollbar-width:none] short:contents">
          {functions ? <FunctionRow press={press} /> : <OwnRow terminal={terminal} onEdit={() => setEditing(true)} />}
        </div>
        <BarKey label="Paste" className="w-11 shrink-0" onPress={() => void pasteClipboard(terminal)}>
          <ClipboardPaste />
        </BarKey>
        <BarKey label="Quick commands" className="w-11 shrink-0" onPress={() => ask({ what: "snippets" })}>
          <Zap />
        </BarKey>
        <BarKey label="Show the keyboard" className="w-11 shrink-0" onPress={() => terminal.focus()}>
          <Keyboard />
        </BarKey>
      </div>
      {editing && (
        <Suspense>
          <KeyEditor onClose={() => setEditing(false)} returnFocus={() => terminal.focus()} />
        </Suspense>
      )}
    </div>
  );
}

function Modifier({ name, held, children }: { name: keyof Modifiers; held: Held; children: string }) {
  const state = held === "locked" ? "held until pressed again" : "held for the next key";
  return (
    <BarKey
      label={`${children}, ${state}`}
      pressed={held !== false}
      locked={held === "locked"}
      onPress={() => tapModifier(name, performance.now())}
    >
      {children}
    </BarKey>
  );
}

function FunctionRow({ press }: { press: (key: SpecialKey) => () => void }) {
  return (
    <>
      {functionKeys.map((key) => (
        <BarKey key={key} label={key} className="min-w-11 shrink-0 px-2" onPress={press(key)}>
          {key}
        </BarKey>
      ))}
      <BarKey label="Ins, insert" className="min-w-11 shrink-0 px-2" onPress={press("insert")}>
        Ins
      </BarKey>
      <BarKey label="Del, delete" repeat className="min-w-11 shrink-0 px-2" onPress={press("delete")}>
        Del
      </BarKey>
    </>
  );
}

function OwnRow({ terminal, onEdit }: { terminal: OpenTerminal; onEdit: () => void }) {
  const all = useStore(ownKeys);
  const strike = ({ keys, text }: OwnKey) => {
    const application = terminal.engine.get()?.term.modes.applicationCursorKeysMode ?? false;
    const pressed = keys === undefined ? null : strokes(keys);
    terminal.strike(pressed ? encodeStrokes(pressed, application) : (text ?? "").replaceAll("\n", "\r"));
  };
  return (
    <>
      {all.map((key, i) => (
        <BarKey key={`${i}/${key.name}`} label={spoken(key)} className="max-w-32 min-w-11 shrink-0 truncate px-2" onPress={() => strike(key)}>
          {key.name}
        </BarKey>
      ))}
      <BarKey label="Change these keys" className="w-11 shrink-0 bg-transparent text-muted" onPress={onEdit}>
        <Pencil />
      </BarKey>
    </>
  );
}
