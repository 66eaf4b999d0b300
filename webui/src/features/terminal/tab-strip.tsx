import { BellDot, Columns2, Plus, TimerReset, X } from "lucide-react";
import { useEffect, useRef, type DragEvent, type KeyboardEvent, type Ref } from "react";
import type { Session, Whoami } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { has } from "./layout";
import { unseen, type News } from "./attention";
import { NewTabMenu } from "./new-tab-menu";
import { RecordedMark } from "./recordings/recorded";
import { terminalFor } from "./registry";
import { useSessions } from "./sessions";
import { dragged, splitOf, splits } from "./splits";
import { moveTab, sameTab, tabPath, tabs, type Tab } from "./tabs";
import { otherOwner, sessionTitle } from "./words";

interface TabStripProps {
  me: Whoami;
  shown: Tab;
  onClose: (tab: Tab) => void;
  /** Enter, Escape or a click on the tab that is shown: back into the terminal. */
  onEnter: () => void;
  ref: Ref<HTMLDivElement>;
}

/** The open terminals as tabs: arrows move, Delete closes. */
export function TabStrip({ me, shown, onClose, onEnter, ref }: TabStripProps) {
  const open = useStore(tabs);
  const known = useSessions(true);
  const split = splitOf(shown, useStore(splits));

  const keyDown = (e: KeyboardEvent, at: number) => {
    const go = (to: number) => {
      const tab = open[(to + open.length) % open.length];
      if (!tab) return;
      e.preventDefault();
      navigate(tabPath(tab), { replace: true });
      refocus(e.currentTarget);
    };
    const move = (to: number) => {
      const moved = open[at]!;
      const place = open[to];
      e.preventDefault();
      if (!place) return;
      moveTab(moved, place);
      refocus(e.currentTarget);
    };
    if (e.key === "ArrowRight" && e.shiftKey) move(at + 1);
    else if (e.key === "ArrowLeft" && e.shiftKey) move(at - 1);
    else if (e.key === "ArrowRight") go(at + 1);
    else if (e.key === "ArrowLeft") go(at - 1);
    else if (e.key === "Home") go(0);
    else if (e.key === "End") go(open.length - 1);
    else if (e.key === "Delete") onClose(open[at]!);
    else if (e.key === "Enter" || e.key === "Escape") {
      e.preventDefault();
      onEnter();
    }
  };

  return (
    <div className="flex min-w-0 flex-1 items-center">
      <div
        ref={ref}
        role="tablist"
        aria-label="Open terminals"
        className="flex min-w-0 gap-0.5 overflow-x-auto pt-1.5 pl-2 [scrollbar-width:none] sm:pl-4"
      >
        {open.map((tab, i) => (
          <TabItem
            key={tabPath(tab)}
            tab={tab}
            session={known.find((s) => s.node === tab.node && s.id === tab.session)}
            selected={sameTab(tab, shown)}
            beside={split !== null && has(split, tab)}
            me={me}
            onSelect={() => (sameTab(tab, shown) ? onEnter() : navigate(tabPath(tab), { replace: true }))}
            onDragOver={(coming, e) => {
              // Past the middle only, or tabs of different widths would jump to and fro.
              const { left, width } = e.currentTarget.getBoundingClientRect();
              const from = open.findIndex((t) => sameTab(t, coming));
              if (from < i ? e.clientX > left + width / 2 : from > i && e.clientX < left + width / 2) moveTab(coming, tab);
            }}
            onClose={() => onClose(tab)}
            onKeyDown={(e) => keyDown(e, i)}
          />
        ))}
      </div>
      <Menu
        align="start"
        trigger={
          <Button look="ghost" size="iconSm" aria-label="Open another terminal" title="Open another terminal" className="ml-1">
            <Plus aria-hidden />
          </Button>
        }
      >
        <NewTabMenu me={me} />
      </Menu>
    </div>
  );
}

/** The tab that is selected keeps the keyboard, wherever it has gone. */
function refocus(from: Element): void {
  const strip = from.closest('[role="tablist"]');
  requestAnimationFrame(() => strip?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus());
}

const newsWords: Record<News, string> = {
  bell: "the bell rang",
  done: "a command has ended",
  failed: "a command has failed",
  notice: "has something to say",
};

interface TabItemProps {
  me: Whoami;
  tab: Tab;
  session: Session | undefined;
  selected: boolean;
  /** It is in the split that is shown. */
  beside: boolean;
  onSelect: () => void;
  onDragOver: (coming: Tab, e: DragEvent) => void;
  onClose: () => void;
  onKeyDown: (e: KeyboardEvent) => void;
}

function TabItem({ me, tab, session, selected, beside, onSelect, onDragOver, onClose, onKeyDown }: TabItemProps) {
  const item = useRef<HTMLDivElement>(null);
  const terminal = terminalFor(tab);
  const title = useStore(terminal.title);
  const attached = useStore(terminal.attachment.session);
  const known = session ?? attached;
  const { phase } = useStore(terminal.attachment.state);
  const ended = known?.state === "exited" || phase === "ended" || phase === "failed";
  const fresh = useStore(unseen)[tabPath(tab)];
  const dot = ended ? "bg-line-strong/60" : phase === "away" ? "bg-lamp" : "bg-good";
  useEffect(() => {
    if (selected) item.current?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }, [selected]);
  return (
    <div
      ref={item}
      role="presentation"
      data-tab={tabPath(tab)}
      draggable
      onDragStart={(e) => {
        e.dataTransfer.setData("text/plain", tab.node);
        e.dataTransfer.effectAllowed = "move";
        dragged.set(tab);
      }}
      onDragEnd={() => dragged.set(null)}
      onDragOver={(e) => {
        const coming = dragged.get();
        if (!coming) return;
        e.preventDefault();
        onDragOver(coming, e);
      }}
      onDrop={(e) => e.preventDefault()}
      className={cn(
        "flex h-10 shrink-0 items-center pointer-coarse:h-11.5 rounded-t-xl border border-b-0 pl-3",
        selected ? "relative top-px border-line bg-term" : beside ? "border-line bg-sunken" : "border-transparent text-muted hover:bg-sunken",
      )}
    >
      <button
        type="button"
        role="tab"
        aria-selected={selected}
        tabIndex={selected ? 0 : -1}
        title={title || undefined}
        onClick={onSelect}
        onKeyDown={onKeyDown}
        onAuxClick={(e) => e.button === 1 && onClose()}
        className="flex h-full max-w-44 items-center max-sm:max-w-32 gap-2 rounded-md"
      >
        <span aria-hidden className={cn("size-2 shrink-0 rounded-full", dot)} />
        {fresh && <BellDot aria-hidden className={cn("size-4 shrink-0", fresh === "failed" ? "text-bad" : "text-accent-ink")} />}
        <span className="max-w-24 shrink-0 truncate text-[0.95rem] font-medium">{tab.node}</span>{" "}
        {known && <span className="truncate text-sm text-muted">{sessionTitle(known, otherOwner(known, me))}</span>}
        {ended && <span className="sr-only">, ended</span>}
        <RecordedMark session={known} short />
        {fresh && <span className="sr-only">, {newsWords[fresh]}</span>}
        {known?.endsAt && <TimerReset aria-label="ends soon: nobody uses it" className="size-4 shrink-0 text-warn" />}
        {beside && <Columns2 aria-label="in the split" className="size-3.5 shrink-0 text-muted" />}
      </button>
      {/* For the pointer only: the keyboard has Delete, and the menu says it in words. */}
      <button
        type="button"
        tabIndex={-1}
        aria-hidden
        title={`Close the tab of ${tab.node}. The session keeps running.`}
        onClick={onClose}
        className="mx-1 grid size-7 place-items-center rounded-lg text-muted hover:bg-line hover:text-ink pointer-coarse:mx-0 pointer-coarse:size-11"
      >
        <X aria-hidden className="size-4" />
      </button>
    </div>
  );
}
