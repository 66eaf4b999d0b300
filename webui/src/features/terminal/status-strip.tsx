import type { Session, Whoami } from "@/gen/api";
import { PeopleMenu } from "./people-menu";
import { RecordedMark } from "./recordings/recorded";
import { leaveKeys } from "./shortcuts";
import type { OpenTerminal } from "./terminal";
import { otherOwner, possessive, sessionName, shortDir } from "./words";

interface Props {
  me: Whoami;
  session: Session | null;
  terminal: OpenTerminal;
  /** A menu of it has closed. */
  onClose: () => void;
}

/** Which machine, session, account and size, and who is there: one quiet line. */
export function StatusStrip({ me, session, terminal, onClose }: Props) {
  const owner = session && otherOwner(session, me);
  if (!session) return <div className="h-8 shrink-0 border-t border-line" />;
  return (
    <div className="flex h-8 shrink-0 items-center gap-x-5 overflow-hidden border-t border-line px-4 text-[0.8rem] whitespace-nowrap text-muted short:hidden">
      <span>
        <b className="font-semibold text-ink">{session.node}</b> · {sessionName(session)}
      </span>
      {owner ? (
        <span className="rounded-full bg-warn-soft px-2.5 font-medium text-warn">
          {possessive(owner)} terminal, runs as {session.account}
        </span>
      ) : (
        <span>as {session.account}</span>
      )}
      <span className="min-w-0 flex-1 truncate" title={session.dir}>
        {shortDir(session.dir)}
      </span>
      <RecordedMark session={session} />
      <PeopleMenu wide me={me} session={session} terminal={terminal} onClose={onClose} />
      <span>{leaveKeys} leaves</span>
      <span className="tabular-nums">
        {session.cols}×{session.rows}
      </span>
    </div>
  );
}
