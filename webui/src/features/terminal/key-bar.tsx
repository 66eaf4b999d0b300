import { ArrowDown, ArrowLeft, ArrowRight, ArrowUp, ClipboardPaste, Keyboard } from "lucide-react";
import type { PointerEvent, ReactNode } from "react";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { modifiers, modify, releaseModifiers, type SpecialKey } from "./keys";
import { pasteClipboard } from "./paste";
import type { OpenTerminal } from "./terminal";

/** Where the key repeats while it is held, in milliseconds. */
const HELD = 400;
const REPEAT = 60;

let repeating: ReturnType<typeof setTimeout> | undefined;

/** The keys that a soft keyboard lacks. Pressing one leaves the focus alone. */
export function KeyBar({ terminal }: { terminal: OpenTerminal }) {
  const held = useStore(modifiers);
  const press = (key: SpecialKey) => () => terminal.press(key);
  const type = (text: string) => () => {
    terminal.type(modify(text, modifiers.get()));
    releaseModifiers();
  };
  const toggle = (name: "ctrl" | "alt") => () => modifiers.update((m) => ({ ...m, [name]: !m[name] }));
  return (
    <div
      role="toolbar"
      aria-label="Keys"
      className="shrink-0 border-t border-line bg-surface px-[max(0.25rem,env(safe-area-inset-left))] pt-1.5 pb-[max(0.375rem,env(safe-area-inset-bottom))] in-data-keyboard:pb-1.5 short:flex short:gap-1 short:overflow-x-auto"
    >
      <div className="grid grid-cols-7 gap-1 short:contents">
        <Key label="Esc, escape" onPress={press("escape")}>
          Esc
        </Key>
        <Key label="Ctrl, held for the next key" pressed={held.ctrl} onPress={toggle("ctrl")}>
          Ctrl
        </Key>
        <Key label="Alt, held for the next key" pressed={held.alt} onPress={toggle("alt")}>
          Alt
        </Key>
        <Key label="PgUp, page up" repeat onPress={press("pageUp")}>
          PgUp
        </Key>
        <Key label="Home" onPress={press("home")}>
          Home
        </Key>
        <Key label="Up" repeat onPress={press("up")}>
          <ArrowUp />
        </Key>
        <Key label="End" onPress={press("end")}>
          End
        </Key>
        <Key label="Tab" onPress={press("tab")}>
          Tab
        </Key>
        <Key label="/, slash" onPress={type("/")}>
          /
        </Key>
        <Key label="|, pipe" onPress={type("|")}>
          |
        </Key>
        <Key label="PgDn, page down" repeat onPress={press("pageDown")}>
          PgDn
        </Key>
        <Key label="Left" repeat onPress={press("left")}>
          <ArrowLeft />
        </Key>
        <Key label="Down" repeat onPress={press("down")}>
          <ArrowDown />
        </Key>
        <Key label="Right" repeat onPress={press("right")}>
          <ArrowRight />
        </Key>
      </div>
      <div className="mt-1 grid grid-cols-8 gap-1 short:contents">
        <Key label="^C, interrupt" onPress={() => terminal.type("\x03")}>
          ^C
        </Key>
        <Key label="^D, end of input" onPress={() => terminal.type("\x04")}>
          ^D
        </Key>
        <Key label="^R, search history" onPress={() => terminal.type("\x12")}>
          ^R
        </Key>
        <Key label="~, tilde" onPress={type("~")}>
          ~
        </Key>
        <Key label="-, dash" onPress={type("-")}>
          -
        </Key>
        <Key label="$, dollar" onPress={type("$")}>
          $
        </Key>
        <Key label="Paste" onPress={() => void pasteClipboard(terminal)}>
          <ClipboardPaste />
        </Key>
        <Key label="Show the keyboard" onPress={() => terminal.focus()}>
          <Keyboard />
        </Key>
      </div>
    </div>
  );
}

interface KeyProps {
  label: string;
  onPress: () => void;
  pressed?: boolean;
  repeat?: boolean;
  children: ReactNode;
}

function Key({ label, onPress, pressed, repeat, children }: KeyProps) {
  const again = (after: number) => {
    repeating = setTimeout(() => {
      onPress();
      again(REPEAT);
    }, after);
  };
  const down = (e: PointerEvent) => {
    e.preventDefault(); // the focus, and with it the soft keyboard, stays
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
        "grid h-11 touch-manipulation place-items-center rounded-xl text-[0.9rem] font-medium select-none short:h-9 short:min-w-13 short:shrink-0",
        "transition-colors active:bg-lamp-soft [&_svg]:size-5",
        pressed ? "bg-accent text-on-accent" : "bg-sunken",
      )}
    >
      {children}
    </button>
  );
}
