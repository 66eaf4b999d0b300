import type { Session } from "@/gen/api";
import { useStore } from "@/lib/store";
import type { OpenTerminal } from "./terminal";
import { sessionName } from "./words";

/** Which machine, session, account and size: one quiet line. */
export function StatusStrip({ session, terminal }: { session: Session | null; terminal: OpenTerminal }) {
  const foreign = useStore(terminal.attachment.foreign);
  if (!session) return <div className="h-8 shrink-0 border-t border-line" />;
  const others = session.viewers - 1;
  return (
    <div className="flex h-8 shrink-0 items-center gap-x-5 overflow-hidden border-t border-line px-4 text-[0.8rem] whitespace-nowrap text-muted short:hidden">
      <span>
        <b className="font-semibold text-ink">{session.node}</b> · {sessionName(session)}
      </span>
      <span>as {session.account}</span>
      <span className="min-w-0 truncate">{session.dir}</span>
      <span className="ml-auto">{session.startedBy && `started by ${session.startedBy}`}</span>
      {others > 0 && <span>{others === 1 ? "1 other is watching" : `${others} others are watching`}</span>}
      {foreign && <span>sized for another screen, until you type here</span>}
      <span className="tabular-nums">
        {session.cols}×{session.rows}
      </span>
    </div>
  );
}
