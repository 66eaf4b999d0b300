import { ChevronRight, Ellipsis, FolderPlus, PencilLine, Power, Trash2 } from "lucide-react";
import { useEffect, useRef, useState, type KeyboardEvent } from "react";
import type { Session } from "@/gen/api";
import { client } from "@/app/client";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem } from "@/components/ui/menu";
import { toastError } from "@/components/ui/toast";
import { useNow } from "@/lib/clock";
import { ago, duration, list } from "@/lib/format";
import { Link } from "@/lib/router";
import { useStore } from "@/lib/store";
import { useMe } from "@/features/identity/rights";
import { ask } from "./dialogs";
import { SessionIcon } from "./icons";
import { openInSameFolder } from "./launch";
import { tabPath } from "./tabs";
import { titles } from "./titles";
import { exitWords, otherOwner, sessionTitle, shortDir, starter } from "./words";

interface Props {
  session: Session;
  /** With its machine. */
  named?: boolean;
  /** What can be done with it stands beside it; onEnd asks before it ends one. */
  onEnd?: (s: Session) => void;
}

/** One terminal in a list; leads to it. */
export function SessionRow({ session: s, named, onEnd }: Props) {
  useNow(30_000);
  const [renaming, setRenaming] = useState(false);
  const owner = otherOwner(s, useMe());
  const title = useStore(titles)[tabPath({ node: s.node, session: s.id })] || s.title;
  const running = s.state === "running";
  const warned = owner !== null && running; // first in its line, which may be cut off
  const { device } = starter(s);
  const here = [...new Set(s.people.map((p) => p.name))];
  const where = shortDir(s.cwd || s.dir);
  const about = [title, where, ago(s.startedAt), device && `from ${device}`].filter(Boolean).join(" · ");
  return (
    <li className="group/row flex flex-wrap items-center gap-x-1">
      {renaming ? (
        <Rename session={s} onClose={() => setRenaming(false)} />
      ) : (
        <Link
          href={tabPath({ node: s.node, session: s.id })}
          className="flex min-h-13 min-w-0 flex-1 items-center gap-3 rounded-xl px-3 py-1.5 hover:bg-sunken"
        >
          <SessionIcon icon={s.icon} className={`size-5 shrink-0 ${running ? "text-good" : "text-muted"}`} />
          <span className="min-w-0 flex-1">
            <span className="block truncate font-medium">
              {named && `${s.node} · `}
              {sessionTitle(s, owner)}
              {!warned && <span className="font-normal text-muted"> as {s.account}</span>}
              {!running && <span className="sr-only">, ended</span>}
            </span>
            <span className="block truncate text-sm text-muted">
              {warned && <span className="font-medium text-warn">runs as {s.account} · </span>}
              {running ? about : `${exitWords(s)} · ${ago(s.endedAt ?? s.startedAt)}`}
            </span>
            {here.length > 0 && running && <span className="block truncate text-sm text-good">{list(here)} here</span>}
          </span>
          {s.group && named && onEnd && <Badge className="max-w-32 truncate max-sm:hidden">{s.group}</Badge>}
          <span className="flex items-center gap-1 text-sm text-accent-ink max-sm:sr-only">
            {!running ? "Look" : owner ? "Join" : "Return"}
            <ChevronRight aria-hidden className="size-4" />
          </span>
        </Link>
      )}
      {onEnd && <Actions session={s} onRename={() => setRenaming(true)} onEnd={() => onEnd(s)} />}
      {s.endsAt && <EndsSoon session={s} endsAt={s.endsAt} />}
    </li>
  );
}

function Actions({ session: s, onRename, onEnd }: { session: Session; onRename: () => void; onEnd: () => void }) {
  const running = s.state === "running";
  const opened = useRef(false); // something else has the focus now
  return (
    <Menu
      trigger={
        <Button look="ghost" size="iconSm" aria-label={`What to do with ${sessionTitle(s, null)} on ${s.node}`} title="More">
          <Ellipsis aria-hidden />
        </Button>
      }
      onCloseAutoFocus={(e) => {
        if (opened.current) e.preventDefault();
        opened.current = false;
      }}
    >
      <MenuItem
        onSelect={() => {
          opened.current = true;
          onRename();
        }}
      >
        <PencilLine aria-hidden />
        Rename
      </MenuItem>
      <MenuItem
        onSelect={() => {
          opened.current = true;
          ask({ what: "label", session: s });
        }}
      >
        <FolderPlus aria-hidden />
        Move to a group
      </MenuItem>
      <MenuItem onSelect={() => void openInSameFolder(s)}>
        <SessionIcon icon="folder" />
        New terminal in the same folder
      </MenuItem>
      <MenuItem danger onSelect={onEnd}>
        {running ? <Power aria-hidden /> : <Trash2 aria-hidden />}
        {running ? "End session" : "Take off the list"}
      </MenuItem>
    </Menu>
  );
}

/** The name as a field in its place: Enter keeps it, Escape leaves it. */
function Rename({ session: s, onClose }: { session: Session; onClose: () => void }) {
  const field = useRef<HTMLInputElement>(null);
  const closed = useRef(false);
  useEffect(() => field.current?.select(), []);
  const close = (keep: boolean) => {
    if (closed.current) return;
    closed.current = true;
    const name = field.current!.value.trim();
    onClose();
    if (!keep || name === s.name) return;
    client
      .call("terminal.session.update", { node: s.node, session: s.id, name })
      .catch((err) => toastError("The name was not changed", err));
  };
  const keyDown = (e: KeyboardEvent) => {
    if (e.nativeEvent.isComposing || (e.key !== "Enter" && e.key !== "Escape")) return;
    e.preventDefault();
    close(e.key === "Enter");
  };
  return (
    <input
      ref={field}
      autoFocus
      defaultValue={s.name}
      maxLength={60}
      aria-label={`Name of ${sessionTitle(s, null)} on ${s.node}`}
      autoCapitalize="off"
      autoComplete="off"
      spellCheck={false}
      onKeyDown={keyDown}
      onBlur={() => close(true)}
      className="my-1 min-h-11 min-w-0 flex-1 rounded-xl border border-accent bg-surface px-3 text-base"
    />
  );
}

/** A machine ends terminals that nobody uses, and says so before. */
function EndsSoon({ session: s, endsAt }: { session: Session; endsAt: string }) {
  const left = duration(Date.parse(endsAt) - Date.now());
  const keep = () =>
    client.call("terminal.session.update", { node: s.node, session: s.id }).catch((err) => toastError("It could not be kept", err));
  return (
    <p role="status" className="mx-3 mb-1 flex w-full flex-wrap items-center gap-x-3 rounded-xl bg-warn-soft px-3 py-1 text-sm text-warn">
      <span className="min-w-0 flex-1">Nobody uses it: it ends in {left}.</span>
      <Button size="sm" look="outline" onClick={() => void keep()}>
        Keep it
      </Button>
    </p>
  );
}
