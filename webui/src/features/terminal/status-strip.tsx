import { Users } from "lucide-react";
import type { Session } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu, MenuLabel } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { useMe } from "@/features/identity/rights";
import { RecordedMark } from "./recordings/recorded";
import { leaveKeys } from "./shortcuts";
import type { OpenTerminal } from "./terminal";
import { companyWords, otherOwner, possessive, sessionName, shortDir } from "./words";

/** Which machine, session, account and size, and who is there: one quiet line. */
export function StatusStrip({ session, terminal }: { session: Session | null; terminal: OpenTerminal }) {
  const foreign = useStore(terminal.attachment.foreign);
  const owner = useOwner(session);
  if (!session) return <div className="h-8 shrink-0 border-t border-line" />;
  const company = companyWords(session.viewers - 1);
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
      {company && <span className="font-medium text-warn">{company}</span>}
      {foreign && <span>sized for another screen, until you type here</span>}
      <span>{leaveKeys} leaves</span>
      <span className="tabular-nums">
        {session.cols}×{session.rows}
      </span>
    </div>
  );
}

/** The same about people where there is no strip: a number that opens to words. */
export function Company({ session, onClose }: { session: Session | null; onClose: () => void }) {
  const owner = useOwner(session);
  if (!session || (!owner && session.viewers < 2)) return null;
  const company = companyWords(session.viewers - 1);
  return (
    <Menu
      trigger={
        <Button
          look="ghost"
          size="sm"
          aria-label={[owner && `${possessive(owner)} terminal`, company].filter(Boolean).join(", ")}
          className={cn("shrink-0 px-2.5 text-warn tabular-nums", owner && "bg-warn-soft")}
        >
          <Users aria-hidden />
          {session.viewers}
        </Button>
      }
      onCloseAutoFocus={(e) => {
        e.preventDefault();
        onClose();
      }}
    >
      <MenuLabel>{owner ? `${possessive(owner)} terminal, runs as ${session.account}` : "Your terminal"}</MenuLabel>
      <MenuLabel>{company || "Only you are here now"}</MenuLabel>
    </Menu>
  );
}

function useOwner(session: Session | null): string | null {
  const me = useMe();
  return session && otherOwner(session, me);
}
