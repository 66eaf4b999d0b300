import { useEffect, useState, type ReactNode } from "react";
import type { Session, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { bytes } from "@/lib/format";
import { useStore } from "@/lib/store";
import type { RpcError } from "@/rpc/errors";
import { can } from "@/features/identity/rights";
import { openTerminal } from "./launch";
import type { OpenTerminal } from "./terminal";
import { exitWords } from "./words";

interface Props {
  me: Whoami;
  terminal: OpenTerminal;
  onClose: () => void;
}

/** What is to say about a terminal, over it: little while it is live. */
export function TerminalOverlay({ me, terminal, onClose }: Props) {
  const state = useStore(terminal.attachment.state);
  switch (state.phase) {
    case "live":
      return (
        <div className="pointer-events-none absolute inset-x-0 top-2 z-10 flex flex-col items-center gap-2">
          <Skipped terminal={terminal} />
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

function Panel({ children, tone }: { children: ReactNode; tone?: "bad" }) {
  return (
    <div className="pointer-events-none absolute inset-x-3 bottom-4 z-10 flex justify-center">
      <div
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
    <Panel>
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
  return (
    <Panel tone="bad">
      <div className="min-w-48 flex-1">
        <p className="font-medium">
          {gone ? "This session is gone" : revoked ? "This terminal is no longer open to you" : "The terminal stopped"}
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
        {!gone && (
          <Button look="primary" size="sm" onClick={() => terminal.attachment.attach()}>
            Try again
          </Button>
        )}
        <Button size="sm" onClick={onClose}>
          Close
        </Button>
      </div>
    </Panel>
  );
}

const SKIPPED_MS = 6_000;

/** Output that was missed for good is said, not hidden. */
function Skipped({ terminal }: { terminal: OpenTerminal }) {
  const skipped = useStore(terminal.attachment.skipped);
  const [shown, setShown] = useState(true);
  useEffect(() => {
    setShown(true);
    const timer = setTimeout(() => setShown(false), SKIPPED_MS);
    return () => clearTimeout(timer);
  }, [skipped]);
  if (skipped === 0 || !shown) return null;
  return <Pill>{bytes(skipped)} of earlier output are no longer kept</Pill>;
}

/** Keys that were typed in vain are said until others are sent. */
function Unsent({ terminal }: { terminal: OpenTerminal }) {
  if (!useStore(terminal.attachment.unsent)) return null;
  return <Pill>What you typed meanwhile was not sent</Pill>;
}

function Pill({ children }: { children: ReactNode }) {
  return (
    <p role="status" className="arrive rounded-full bg-warn-soft px-4 py-1 text-sm text-warn">
      {children}
    </p>
  );
}
