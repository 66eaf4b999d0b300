import { useEffect, useRef, useState, type ReactNode } from "react";
import type { Session, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { bytes } from "@/lib/format";
import { useStore } from "@/lib/store";
import type { RpcError } from "@/rpc/errors";
import { AskSheet } from "@/features/identity/ask-for";
import { can } from "@/features/identity/rights";
import { openTerminal } from "./launch";
import { pasteHint } from "./paste";
import { pasteKeys } from "./shortcuts";
import { Requests } from "./standing";
import type { OpenTerminal } from "./terminal";
import { exitWords, otherOwner, possessive } from "./words";

interface Props {
  me: Whoami;
  terminal: OpenTerminal;
  onClose: () => void;
}

interface OverlayProps extends Props {
  /** What is known of it by now. */
  session: Session | null;
}

/** What is to say about a terminal, over it: little while it is live. */
export function TerminalOverlay({ me, session, terminal, onClose }: OverlayProps) {
  const state = useStore(terminal.attachment.state);
  switch (state.phase) {
    case "live":
      return (
        <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex flex-col items-center gap-2">
          <Joined me={me} terminal={terminal} />
          <Requests me={me} session={session} terminal={terminal} />
          <Skipped terminal={terminal} />
          <HowToPaste />
          <Unsent terminal={terminal} />
        </div>
      );
    case "attaching":
      return <Reaching node={terminal.tab.node} />;
    case "away":
      return <Away terminal={terminal} error={state.error} />;
    case "ended":
      return <Ended me={me} terminal={terminal} session={state.session} onClose={onClose} />;
    case "failed":
      return <Stopped me={me} terminal={terminal} error={state.error} onClose={onClose} />;
  }
}

function Panel({ children, tone, focused }: { children: ReactNode; tone?: "bad"; focused?: boolean }) {
  const panel = useRef<HTMLDivElement>(null);
  // A terminal that is over is no place to type: what to do next is.
  useEffect(() => {
    const at = document.activeElement;
    if (!focused || (at && at !== document.body && !at.closest(".xterm"))) return;
    panel.current?.querySelector<HTMLElement>("button")?.focus();
  }, [focused]);
  return (
    <div className="pointer-events-none absolute inset-x-3 bottom-4 z-10 flex justify-center">
      <div
        ref={panel}
        data-next={focused}
        // The Enter after "exit" may still be down.
        onKeyDown={(e) => e.repeat && e.key === "Enter" && e.preventDefault()}
        role={tone === "bad" ? "alert" : "status"}
        className={cn(
          "arrive pointer-events-auto flex max-w-xl flex-wrap items-center gap-x-5 gap-y-3 rounded-2xl border border-line bg-surface p-4 shadow-card",
          tone === "bad" && "border-bad/40",
        )}
      >
        {children}
      </div>
    </div>
  );
}

const PATIENCE = 500;

/** Attaching is mostly faster than the eye; only a slow one is mentioned. */
function Reaching({ node }: { node: string }) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  if (!late) return null;
  return (
    <Panel>
      <p className="flex items-center gap-3">
        <span aria-hidden className="breathe size-2.5 rounded-full bg-lamp" />
        Waiting for {node}…
      </p>
    </Panel>
  );
}

function Away({ terminal, error }: { terminal: OpenTerminal; error: RpcError | null }) {
  const status = useStore(client.status);
  const unsent = useStore(terminal.attachment.unsent);
  const { node } = terminal.tab;
  return (
    <Panel tone={unsent ? "bad" : undefined}>
      <div className="flex items-start gap-3">
        <span aria-hidden className="breathe mt-2 size-2.5 shrink-0 rounded-full bg-lamp" />
        <div>
          <p className="font-medium">
            {status.phase === "open" ? `Waiting for ${node} to come back` : "Waiting for the connection to Homie"}
          </p>
          <p className="text-sm text-muted">
            {unsent
              ? "What you type now is not sent. Type it again when the terminal is back."
              : (error?.message ?? "The session keeps running. It goes on here by itself.")}
          </p>
        </div>
      </div>
    </Panel>
  );
}

function Ended({ me, terminal, session, onClose }: Props & { session: Session | null }) {
  const { tab } = terminal;
  const remove = () => {
    // It is over; leaving it in the list would only be clutter.
    if (session && can(me, "terminal:write")) {
      client.call("terminal.session.kill", tab).catch(() => {});
    }
    onClose();
  };
  const again = async () => {
    await openTerminal(tab.node, session?.account, tab);
    if (session) client.call("terminal.session.kill", tab).catch(() => {});
  };
  return (
    <Panel focused>
      <p className="font-medium">{session ? exitWords(session) : "The shell ended"}.</p>
      <div className="flex gap-2">
        {can(me, "terminal:write") && (
          <Button look="primary" size="sm" onClick={() => void again()}>
            Start a new one
          </Button>
        )}
        <Button size="sm" onClick={remove}>
          Close
        </Button>
      </div>
    </Panel>
  );
}

function Stopped({ me, terminal, error, onClose }: Props & { error: RpcError }) {
  const { tab } = terminal;
  const gone = error.reason === "not_found";
  const revoked = error.reason === "forbidden";
  const [asking, setAsking] = useState(false);
  return (
    <Panel tone="bad" focused>
      <div className="min-w-48 flex-1">
        <p className="font-medium">
          {gone
            ? "This session is gone"
            : !revoked
              ? "The terminal stopped"
              : terminal.attachment.session.get()
                ? "This terminal is no longer open to you"
                : "This terminal is not open to you"}
        </p>
        <p className="text-sm text-muted">
          {gone ? "Somebody ended it, or its machine was started again." : error.message}
        </p>
        {!gone && error.requestId && (
          <p className="mt-1 font-mono text-xs text-muted">Request {error.requestId}</p>
        )}
      </div>
      <div className="flex gap-2">
        {gone && can(me, "terminal:write") && (
          <Button look="primary" size="sm" onClick={() => void openTerminal(tab.node, undefined, tab)}>
            Start a new one
          </Button>
        )}
        {revoked && error.needs && (
          <Button look="primary" size="sm" onClick={() => setAsking(true)}>
            How to get in
          </Button>
        )}
        {!gone && !revoked && (
          <Button look="primary" size="sm" onClick={() => terminal.attachment.attach()}>
            Try again
          </Button>
        )}
        <Button size="sm" onClick={onClose}>
          Close
        </Button>
      </div>
      {error.needs && (
        <AskSheet open={asking} onOpenChange={setAsking} needs={error.needs} what={`open terminals on ${tab.node}`} />
      )}
    </Panel>
  );
}

const SHOWN_MS = 6_000;

/** Whether something that happened is still new: for some seconds after each change. */
function useFresh(what: unknown): boolean {
  const [fresh, setFresh] = useState(true);
  useEffect(() => {
    setFresh(true);
    const timer = setTimeout(() => setFresh(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [what]);
  return fresh;
}

/** Whose terminal it is and what typing in it means, when one comes in. */
function Joined({ me, terminal }: { me: Whoami; terminal: OpenTerminal }) {
  const session = useStore(terminal.attachment.session);
  const fresh = useFresh(terminal);
  const owner = session && otherOwner(session, me);
  const watching = useStore(terminal.attachment.watching);
  if (!owner || !fresh || watching !== "no") return null;
  return (
    <Pill>
      {possessive(owner)} terminal. What you type runs as {session.account}
    </Pill>
  );
}

/** How to paste here, once, to somebody who pressed the keys of everywhere else. */
function HowToPaste() {
  const due = useStore(pasteHint);
  const fresh = useFresh(due);
  useEffect(() => {
    if (due && !fresh) pasteHint.set(false);
  }, [due, fresh]);
  if (!due || !fresh) return null;
  return <Pill>Ctrl+V went to the program. {pasteKeys} pastes</Pill>;
}

/** Output that was missed for good is said, not hidden. */
function Skipped({ terminal }: { terminal: OpenTerminal }) {
  const skipped = useStore(terminal.attachment.skipped);
  const fresh = useFresh(skipped);
  if (skipped === 0 || !fresh) return null;
  return <Pill>{bytes(skipped)} of earlier output are no longer kept</Pill>;
}

/** Keys that were typed in vain are said until others are sent. */
function Unsent({ terminal }: { terminal: OpenTerminal }) {
  if (!useStore(terminal.attachment.unsent)) return null;
  return <Pill>What you typed meanwhile was not sent</Pill>;
}

function Pill({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="arrive mx-3 rounded-2xl bg-warn-soft px-4 py-1 text-center text-sm text-warn">
      {children}
    </p>
  );
}
