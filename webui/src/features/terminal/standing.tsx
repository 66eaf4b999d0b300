import { useEffect, useState } from "react";
import type { Session, Whoami } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";
import { AskSheet } from "@/features/identity/ask-for";
import { giveControl } from "./control";
import { mayTakeBack, presentName } from "./people";
import { usePresent } from "./people-menu";
import type { OpenTerminal } from "./terminal";

interface Props {
  me: Whoami;
  session: Session | null;
  terminal: OpenTerminal;
}

/** How somebody stands to a session in which not everybody types, in a line below it. */
export function Standing({ me, session, terminal }: Props) {
  const { attachment } = terminal;
  const watching = useStore(attachment.watching);
  const heard = useStore(attachment.heard);
  const phase = useStore(attachment.state).phase;
  const present = usePresent(session, terminal, me);
  if (!session || session.state !== "running" || phase === "ended" || phase === "failed") return null;
  if (watching !== "no") return <Watching session={session} terminal={terminal} must={watching === "must"} />;
  const control = session.control;
  if (!control) return null;
  if (control.viewer === attachment.you.get()) {
    if (present.length < 2) return null;
    return (
      <Line says="Only you type at the moment">
        <Button size="sm" onClick={() => void giveControl(terminal.tab, null)}>
          Let everybody type
        </Button>
      </Line>
    );
  }
  if (heard) return null; // it is just changing hands
  return <Unheard me={me} session={session} terminal={terminal} />;
}

function Line({ says, urgent, children }: { says: string; urgent?: boolean; children?: React.ReactNode }) {
  return (
    <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-t border-line bg-surface px-4 py-1 text-sm">
      <p role="status" className={urgent ? "font-medium text-warn" : "text-muted"}>
        {says}
      </p>
      <div className="ml-auto flex gap-2">{children}</div>
    </div>
  );
}

function Watching({ session, terminal, must }: { session: Session; terminal: OpenTerminal; must: boolean }) {
  const urgent = useNudged(terminal);
  const [asking, setAsking] = useState(false);
  return (
    <Line says={must ? "You are watching. Typing here is not open to you." : "You are watching."} urgent={urgent}>
      {must ? (
        <Button size="sm" onClick={() => setAsking(true)}>
          How to type here
        </Button>
      ) : (
        <Button size="sm" onClick={() => terminal.watch(false)}>
          Type, too
        </Button>
      )}
      <AskSheet
        open={asking}
        onOpenChange={setAsking}
        what={`type into terminals on ${session.node} that run as ${session.account}`}
        needs={{ capability: "terminal:write", node: session.node, account: session.account }}
      />
    </Line>
  );
}

function Unheard({ me, session, terminal }: { me: Whoami; session: Session; terminal: OpenTerminal }) {
  const urgent = useNudged(terminal);
  const present = usePresent(session, terminal, me);
  const here = present.find((p) => p.here);
  const holder = present.find((p) => p.controls);
  const name = holder?.self ? presentName(holder) : (session.control?.name ?? "");
  const has = holder?.self ? "have" : "has";
  const answer = useAnswer(here?.asks ?? false);
  const says = session.control?.away
    ? `${name} ${has} control, and is away for a moment.`
    : here?.asks
      ? `You asked ${name} for control.`
      : answer
        ? `${name} keeps control for now.`
        : urgent
          ? `${name} ${has} control. What you type is not taken.`
          : `${name} ${has} control.`;
  return (
    <Line says={says} urgent={urgent || answer}>
      {here && mayTakeBack(session, me) ? (
        <Button size="sm" onClick={() => void giveControl(terminal.tab, here.key)}>
          Take control
        </Button>
      ) : (
        <Button size="sm" onClick={() => terminal.attachment.ask(!here?.asks)}>
          {here?.asks ? "Never mind" : "Ask for control"}
        </Button>
      )}
    </Line>
  );
}

const SHOWN_MS = 5_000;

/** Whether somebody typed in vain just now. */
function useNudged(terminal: OpenTerminal): boolean {
  return useRecent(useStore(terminal.attachment.ignored));
}

/** Whether what was asked for was declined just now: asking ended, and control did not come. */
function useAnswer(asks: boolean): boolean {
  const [declined, setDeclined] = useState(0);
  const [asked, setAsked] = useState(asks);
  useEffect(() => {
    if (asked && !asks) setDeclined((n) => n + 1);
    setAsked(asks);
  }, [asks, asked]);
  return useRecent(declined);
}

function useRecent(count: number): boolean {
  const [recent, setRecent] = useState(false);
  useEffect(() => {
    if (count === 0) return;
    setRecent(true);
    const timer = setTimeout(() => setRecent(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [count]);
  return recent;
}

/** For whoever has control: who would like to have it. */
export function Requests({ me, session, terminal }: Props) {
  const present = usePresent(session, terminal, me);
  const here = present.find((p) => p.here);
  if (!here?.controls) return null;
  return present
    .filter((p) => p.asks)
    .map((p) => (
      <div
        key={p.key}
        role="alert"
        className="arrive pointer-events-auto mx-3 flex max-w-lg flex-wrap items-center gap-x-4 gap-y-2 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 shadow-card"
      >
        <p className="font-medium">{presentName(p)} asks for control</p>
        <div className="ml-auto flex gap-2">
          <Button size="sm" look="primary" onClick={() => void giveControl(terminal.tab, p.key)}>
            Hand over
          </Button>
          <Button size="sm" onClick={() => void giveControl(terminal.tab, here.key)}>
            Keep
          </Button>
        </div>
      </div>
    ));
}
