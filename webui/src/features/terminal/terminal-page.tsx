import { useEffect, useRef, useState } from "react";
import type { Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Mark } from "@/components/mark";
import { Confirm } from "@/components/ui/dialog";
import { toastDone, toastError } from "@/components/ui/toast";
import { copyText } from "@/lib/clipboard";
import { PHONE, TOUCH, useMedia } from "@/lib/media";
import { Link, navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { CopySheet } from "./copy-sheet";
import { KeyBar } from "./key-bar";
import { NoTabs } from "./no-tabs";
import { pasteClipboard } from "./paste";
import { PasteSteps } from "./paste-steps";
import { terminalFor } from "./registry";
import { SearchPanel } from "./search-panel";
import { useSessions } from "./sessions";
import { ShortcutsSheet } from "./shortcuts-sheet";
import { Company, StatusStrip } from "./status-strip";
import { TabStrip } from "./tab-strip";
import { addTab, lastTab, removeTab, sameTab, tabPath, tabs, type Tab } from "./tabs";
import { TerminalActions } from "./terminal-actions";
import { TerminalOverlay } from "./terminal-overlay";
import { TerminalView } from "./terminal-view";

/** Goes to the tab beside the one that was closed, or to the empty page. */
function closeTab(tab: Tab, shown: Tab | null): void {
  const beside = removeTab(tab);
  if (shown && sameTab(tab, shown)) navigate(beside ? tabPath(beside) : "/terminal", { replace: true });
}

/** The terminals that are open in this browser tab. */
export default function TerminalPage({ me, tab }: { me: Whoami; tab: Tab | null }) {
  const open = useStore(tabs);
  const node = tab?.node;
  const session = tab?.session;

  // The address decides what is shown: a link to a session opens its tab.
  useEffect(() => {
    if (node && session) {
      addTab({ node, session });
      lastTab.set({ node, session });
      return;
    }
    const last = lastTab.get();
    const back = tabs.get().find((t) => last && sameTab(t, last)) ?? tabs.get().at(-1);
    if (back) navigate(tabPath(back), { replace: true });
  }, [node, session]);

  if (!tab) return open.length > 0 ? null : <NoTabs me={me} />;
  if (!open.some((t) => sameTab(t, tab))) return null; // until the effect has run
  return <Terminals key={`${tab.node}/${tab.session}`} me={me} tab={tab} />;
}

function Terminals({ me, tab }: { me: Whoami; tab: Tab }) {
  const terminal = terminalFor(tab);
  const live = useStore(terminal.attachment.session);
  const listed = useSessions(true).find((s) => s.node === tab.node && s.id === tab.session);
  const session = listed ?? live;
  const mayType = can(me, "terminal:write");
  const [searching, setSearching] = useState(false);
  const [copying, setCopying] = useState<string | null>(null);
  const [ending, setEnding] = useState(false);
  const [reading, setReading] = useState(false);
  const stage = useRef<HTMLDivElement>(null);
  const strip = useRef<HTMLDivElement>(null);
  const bar = [useMedia(TOUCH), useMedia(PHONE)].includes(true);

  useEffect(() => {
    terminal.onShortcut = (what) => {
      if (what === "search") setSearching(true);
      if (what === "leave") strip.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
      if (what === "copy") copyText(terminal.selection()).catch((err) => toastError("That could not be copied", err));
    };
  }, [terminal]);

  // Into the terminal or, where it is over, to what to do next.
  const enter = () => {
    const next = stage.current?.querySelector<HTMLElement>("[data-next] button");
    if (next) next.focus();
    else terminal.focus();
  };
  const close = () => closeTab(tab, tab);
  const end = async () => {
    try {
      await client.call("terminal.session.kill", tab);
      toastDone(`The session on ${tab.node} has ended`);
      close();
    } catch (err) {
      toastError("The session was not ended", err);
    }
  };

  return (
    <>
      <div className="flex shrink-0 items-center gap-1 border-b border-line bg-bg pr-1 sm:pr-3">
        {/* The header has no room on a phone that lies on its side; this is the way out. */}
        <Link href="/" aria-label="Homie, machines" className="hidden size-11 shrink-0 place-items-center rounded-xl short:grid">
          <Mark className="size-7" />
        </Link>
        <TabStrip ref={strip} me={me} shown={tab} onClose={(t) => closeTab(t, tab)} onEnter={enter} />
        {bar && <Company session={session} onClose={enter} />}
        <TerminalActions
          session={session}
          mayType={mayType}
          onSearch={() => setSearching(true)}
          onCopy={() => setCopying(terminal.text())}
          onPaste={() => void pasteClipboard(terminal)}
          onShortcuts={() => setReading(true)}
          onLeft={enter}
          onClose={close}
          onEnd={() => (session?.state === "exited" ? void end() : setEnding(true))}
        />
      </div>
      <div ref={stage} className="relative min-h-0 flex-1 bg-term">
        <TerminalView terminal={terminal} label={`Terminal on ${tab.node}`} />
        {searching && (
          <SearchPanel
            terminal={terminal}
            onClose={() => {
              setSearching(false);
              enter();
            }}
          />
        )}
        <PasteSteps terminal={terminal} returnFocus={enter} />
        <TerminalOverlay me={me} terminal={terminal} onClose={close} />
      </div>
      {bar && mayType && <KeyBar terminal={terminal} />}
      {!bar && <StatusStrip session={session} terminal={terminal} />}
      <CopySheet text={copying} onClose={() => setCopying(null)} returnFocus={enter} />
      <ShortcutsSheet open={reading} onClose={() => setReading(false)} returnFocus={enter} />
      <Confirm
        open={ending}
        onOpenChange={setEnding}
        returnFocus={enter}
        title="End this session?"
        description={
          <>
            The shell on <b className="text-ink">{tab.node}</b> stops, with everything that runs in it. To leave it
            running, close the tab instead.
          </>
        }
        action="End it"
        danger
        onConfirm={end}
      />
    </>
  );
}
