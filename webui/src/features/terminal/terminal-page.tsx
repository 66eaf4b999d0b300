import { useEffect, useRef, useState } from "react";
import type { Session, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Mark } from "@/components/mark";
import { Confirm } from "@/components/ui/dialog";
import { toastDone, toastError } from "@/components/ui/toast";
import { copyText } from "@/lib/clipboard";
import { PHONE, TOUCH, useMedia } from "@/lib/media";
import { Link, navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { localError } from "@/rpc/errors";
import { can } from "@/features/identity/rights";
import { copyLastOutput, jump } from "./command-acts";
import { CopySheet } from "./copy-sheet";
import { ask } from "./dialogs";
import { TerminalHome } from "./home";
import { DownloadSheet } from "./download-sheet";
import { KeyBar } from "./key-bar";
import { openBeside, openInSameFolder } from "./launch";
import { LinkQuestion } from "./link-question";
import { NoticesSheet } from "./notices-sheet";
import { MAX_PANES, leaves, neighbour, nudge, type Side } from "./layout";
import { Organizer } from "./organizer";
import { Pane } from "./pane";
import { pasteClipboard } from "./paste";
import { RecordedMark, useRecordingNews } from "./recordings/recorded";
import { terminalFor } from "./registry";
import { useSessions } from "./sessions";
import { pickFiles } from "./send-files";
import { ShortcutsSheet } from "./shortcuts-sheet";
import { SplitMenu } from "./split-menu";
import { rearrange, splitOf, splits, zoomed } from "./splits";
import { Stage } from "./stage";
import { PeopleMenu } from "./people-menu";
import { ShareSheet } from "./share-sheet";
import { StatusStrip } from "./status-strip";
import { TabStrip } from "./tab-strip";
import { addTab, lastTab, removeTab, sameTab, tabPath, tabs, type Tab } from "./tabs";
import { TerminalActions } from "./terminal-actions";
import { setWatched, takeWish } from "./watched";

/** Goes to what is shown beside the one that was closed, to the next tab, or to the empty page. */
function closeTab(tab: Tab, shown: Tab | null): void {
  const split = splitOf(tab);
  const together = split && leaves(split).find((t) => !sameTab(t, tab));
  const next = removeTab(tab);
  const beside = together ?? next;
  if (shown && sameTab(tab, shown)) navigate(beside ? tabPath(beside) : "/terminal", { replace: true });
}

/** The terminals that are open in this browser tab. */
export default function TerminalPage({ me, tab, all }: { me: Whoami; tab: Tab | null; all?: boolean }) {
  const open = useStore(tabs);
  const node = tab?.node;
  const session = tab?.session;

  // The address decides what is shown: a link to a session opens its tab.
  useEffect(() => {
    if (node && session) {
      const wish = takeWish({ node, session });
      if (wish) setWatched({ node, session }, wish === "watch");
      addTab({ node, session });
      lastTab.set({ node, session });
      return;
    }
    if (all) return;
    const last = lastTab.get();
    const back = tabs.get().find((t) => last && sameTab(t, last)) ?? tabs.get().at(-1);
    if (back) navigate(tabPath(back), { replace: true });
  }, [node, session, all]);

  if (!tab && open.length > 0 && !all) return null; // until the effect has run
  if (!tab)
    return (
      <>
        <TerminalHome me={me} />
        <Organizer me={me} shown={null} />
      </>
    );
  if (!open.some((t) => sameTab(t, tab))) return null; // until the effect has run
  return <Terminals me={me} tab={tab} />;
}

/** A screen with room for one terminal only. */
const SMALL = `${PHONE}, (max-height: 480px)`;

const full = () => toastError("That does not fit", localError("busy", `At most ${MAX_PANES} terminals are shown together.`));

function Terminals({ me, tab }: { me: Whoami; tab: Tab }) {
  const terminal = terminalFor(tab);
  const live = useStore(terminal.attachment.session);
  const known = useSessions(true);
  const listed = known.find((s) => sameSession(s, tab));
  const session = listed ?? live;
  const mayType = can(me, "terminal:write");
  const split = splitOf(tab, useStore(splits));
  const small = useMedia(SMALL);
  const alone = useStore(zoomed) || small;
  const [searching, setSearching] = useState<Tab | null>(null);
  const [copying, setCopying] = useState<string | null>(null);
  const [ending, setEnding] = useState(false);
  const [reading, setReading] = useState(false);
  const [choosing, setChoosing] = useState(false);
  const [sharing, setSharing] = useState(false);
  const watching = useStore(terminal.attachment.watching);
  const heard = useStore(terminal.attachment.heard);
  const [getting, setGetting] = useState<Tab | null>(null);
  const strip = useRef<HTMLDivElement>(null);
  const bar = [useMedia(TOUCH), useMedia(PHONE)].includes(true);

  useRecordingNews(session);

  const goTo = (to: Tab | undefined) => to && navigate(tabPath(to), { replace: true });
  const another = mayType ? (side: Side) => void openBeside(tab, side, session?.account).then((fits) => fits || full()) : null;

  useEffect(() => {
    terminal.onShortcut = (what) => {
      if (typeof what === "object") {
        if (!split) return;
        if ("grow" in what) rearrange(split, nudge(split, tab, what.grow, 0.05));
        else goTo(neighbour(split, tab, what.go));
      } else if (what === "search") setSearching(tab);
      else if (what === "leave") strip.current?.querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
      else if (what === "copy") copyText(terminal.selection()).catch((err) => toastError("That could not be copied", err));
      else if (what === "beside") another?.("right");
      else if (what === "below") another?.("down");
      else if (what === "earlier") jump(terminal, -1);
      else if (what === "later") jump(terminal, 1);
      else if (what === "zoom") zoomed.update((z) => !z);
    };
  });

  useEffect(() => {
    terminal.onSwipe = (by) => {
      const open = tabs.get();
      goTo(open[open.findIndex((t) => sameTab(t, tab)) + by]);
    };
  });

  // Into the terminal or, where it is over, to what to do next.
  const enter = () => {
    const next = document.querySelector<HTMLElement>('[data-pane="focused"] [data-next] button');
    if (next) next.focus();
    else terminalFor(tab).focus();
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
      <div className="flex shrink-0 items-center gap-1 border-b border-line bg-bg pr-1 in-data-low:hidden sm:pr-3">
        {/* The header has no room on a phone that lies on its side; this is the way out. */}
        <Link href="/" aria-label="Homie, machines" className="hidden size-11 shrink-0 place-items-center rounded-xl short:grid">
          <Mark className="size-7" />
        </Link>
        <TabStrip ref={strip} me={me} shown={tab} onClose={(t) => closeTab(t, tab)} onEnter={enter} />
        {bar && <RecordedMark session={session} className="rounded-full bg-bad-soft px-2 py-1 text-xs max-sm:hidden" />}
        {bar && <PeopleMenu me={me} session={session} terminal={terminal} onClose={enter} />}
        <SplitMenu tab={tab} onSplit={another} onFull={full} onLeft={enter} />
        <TerminalActions
          session={session}
          mayType={mayType && watching !== "must"}
          watching={watching !== "no"}
          onWatch={(watch) => terminal.watch(watch)}
          onShare={() => setSharing(true)}
          onSearch={() => setSearching(tab)}
          onCopy={() => setCopying(terminal.text())}
          onPaste={() => void pasteClipboard(terminal)}
          onCopyOutput={() => void copyLastOutput(terminal)}
          onJump={(by) => jump(terminal, by)}
          onNotices={() => setChoosing(true)}
          onSend={() => pickFiles(terminal)}
          onGet={() => setGetting(tab)}
          onShortcuts={() => setReading(true)}
          onLabel={() => session && ask({ what: "label", session })}
          onSameFolder={() => session && void openInSameFolder(session)}
          onLeft={enter}
          onClose={close}
          onEnd={() => (session?.state === "exited" ? void end() : setEnding(true))}
        />
      </div>
      <Stage
        split={alone ? null : split}
        shown={tab}
        onPlaced={goTo}
        onFull={full}
        pane={(t) => (
          <Pane
            me={me}
            tab={t}
            session={known.find((s) => sameSession(s, t))}
            focused={sameTab(t, tab)}
            number={split && !small ? leaves(split).findIndex((l) => sameTab(l, t)) + 1 : 0}
            searching={searching !== null && sameTab(searching, t)}
            onSearched={() => setSearching(null)}
            onFocus={() => goTo(t)}
            onClose={() => closeTab(t, tab)}
          />
        )}
      />
      {bar && (
        <RecordedMark session={session} className="justify-center border-t border-line bg-bad-soft py-0.5 text-xs sm:hidden short:hidden" />
      )}
      {bar && mayType && watching === "no" && heard && <KeyBar terminal={terminal} />}
      {!bar && <StatusStrip me={me} session={session} terminal={terminal} onClose={enter} />}
      <ShareSheet session={session} open={sharing} onClose={() => setSharing(false)} returnFocus={enter} />
      <Organizer me={me} shown={tab} />
      <CopySheet text={copying} onClose={() => setCopying(null)} returnFocus={enter} />
      <LinkQuestion returnFocus={enter} />
      <NoticesSheet tab={tab} open={choosing} onClose={() => setChoosing(false)} returnFocus={enter} />
      <DownloadSheet tab={getting} onClose={() => setGetting(null)} returnFocus={enter} />
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

function sameSession(s: Session, tab: Tab): boolean {
  return s.node === tab.node && s.id === tab.session;
}
