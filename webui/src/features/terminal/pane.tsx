import { Maximize2, Minimize2, X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Session, Whoami } from "@/gen/api";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { spoken } from "./command-acts";
import { CopyRequest } from "./copy-request";
import { Gutter } from "./gutter";
import { DropZone, FileSteps } from "./file-steps";
import { PasteSteps } from "./paste-steps";
import { terminalFor } from "./registry";
import { SearchPanel } from "./search-panel";
import { SizeNote } from "./size-note";
import { dragged, zoomed } from "./splits";
import { Standing } from "./standing";
import type { Tab } from "./tabs";
import { TerminalOverlay } from "./terminal-overlay";
import { TerminalView } from "./terminal-view";
import { TouchSelection } from "./touch-selection";
import { otherOwner, sessionTitle } from "./words";

interface PaneProps {
  me: Whoami;
  tab: Tab;
  session: Session | undefined;
  /** It has the keyboard, and the address names it. */
  focused: boolean;
  /** Its number among those that are shown with it; 0: it stands alone. */
  number: number;
  searching: boolean;
  onSearched: () => void;
  onFocus: () => void;
  onClose: () => void;
}

/** One terminal on the stage, with what is to say about it. */
export function Pane({ me, tab, session, focused, number, searching, onSearched, onFocus, onClose }: PaneProps) {
  const terminal = terminalFor(tab);
  const attached = useStore(terminal.attachment.session);
  const known = session ?? attached;
  const split = number > 0;
  const pane = useRef<HTMLDivElement>(null);
  // Into the terminal or, where it is over, to what to do next.
  const enter = () => {
    const next = pane.current?.querySelector<HTMLElement>("[data-next] button");
    if (next) next.focus();
    else terminal.focus();
  };
  useEffect(() => {
    if (focused && !pane.current?.contains(document.activeElement)) terminal.focus();
  }, [focused, terminal]);
  return (
    <div
      ref={pane}
      data-pane={focused ? "focused" : "beside"}
      onFocusCapture={() => focused || onFocus()}
      onPointerDownCapture={() => focused || onFocus()}
      className={cn(
        "flex h-full flex-col bg-term",
        split && "border-2",
        split && (focused ? "border-accent" : "border-transparent"),
      )}
    >
      {split && <PaneTitle me={me} tab={tab} session={session} focused={focused} onClose={onClose} />}
      <div data-stage className="relative min-h-0 flex-1">
        <DropZone terminal={terminal} mayType={can(me, "terminal:write")}>
          <TerminalView terminal={terminal} label={split ? `Terminal ${number} of the split, on ${tab.node}` : `Terminal on ${tab.node}`} />
        </DropZone>
        {searching && (
          <SearchPanel
            terminal={terminal}
            onClose={() => {
              onSearched();
              enter();
            }}
          />
        )}
        <TouchSelection terminal={terminal} />
        <Gutter terminal={terminal} mayType={can(me, "terminal:write")} />
        <CopyRequest terminal={terminal} returnFocus={enter} />
        {focused && <Spoken />}
        <PasteSteps terminal={terminal} returnFocus={enter} />
        <SizeNote me={me} session={known} terminal={terminal} />
        <TerminalOverlay me={me} session={known} terminal={terminal} onClose={onClose} />
        {can(me, "terminal:write") && <FileSteps terminal={terminal} returnFocus={enter} />}
      </div>
      <Standing me={me} session={known} terminal={terminal} />
    </div>
  );
}

/** Says where a jump led, for those who do not see it. */
function Spoken() {
  return (
    <p role="status" className="sr-only">
      {useStore(spoken)}
    </p>
  );
}

/** Which of the terminals it is: its line is also what it is dragged by. */
function PaneTitle({ me, tab, session, focused, onClose }: Pick<PaneProps, "me" | "tab" | "session" | "focused" | "onClose">) {
  const terminal = terminalFor(tab);
  const title = useStore(terminal.title);
  const attached = useStore(terminal.attachment.session);
  const alone = useStore(zoomed);
  const known = session ?? attached;
  const name = known ? sessionTitle(known, otherOwner(known, me)) : "";
  return (
    <div
      draggable
      onDragStart={(e) => {
        e.dataTransfer.setData("text/plain", tab.node);
        dragged.set(tab);
      }}
      onDragEnd={() => dragged.set(null)}
      className={cn("flex h-7 shrink-0 cursor-grab items-center gap-2 pl-3 text-[0.8rem] pointer-coarse:h-11", focused ? "bg-accent-soft" : "bg-sunken")}
    >
      <b className="shrink-0 font-semibold">{tab.node}</b>
      <span className="min-w-0 flex-1 truncate text-muted">{title || name}</span>
      <PaneButton label={alone ? "Show all of the split" : `Show ${tab.node} alone`} onClick={() => zoomed.update((z) => !z)}>
        {alone ? <Minimize2 /> : <Maximize2 />}
      </PaneButton>
      <PaneButton label={`Close the tab of ${tab.node}. The session keeps running.`} onClick={onClose}>
        <X />
      </PaneButton>
    </div>
  );
}

function PaneButton({ label, onClick, children }: { label: string; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-label={label}
      title={label}
      onClick={onClick}
      className="grid h-full w-7 shrink-0 place-items-center text-muted hover:bg-line hover:text-ink pointer-coarse:w-11 [&_svg]:size-3.5"
    >
      {children}
    </button>
  );
}
