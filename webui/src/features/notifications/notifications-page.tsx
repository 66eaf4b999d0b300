import { BellOff, CheckCheck } from "lucide-react";
import { useState } from "react";
import type { Note } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastError } from "@/components/ui/toast";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { ago, moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { inbox, PAGE, readAll, readOne } from "./inbox";
import { pageOf } from "./notes";
import { ChoicesCard } from "./choices-card";
import { PlacesCard } from "./places-card";

/** What this person was told, and how they want to be. */
export function NotificationsPage() {
  return (
    <>
      <PageHead title="Notifications">What happened at home, on all your devices.</PageHead>
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-[3fr_2fr]">
        <InboxCard />
        <div className="grid gap-5">
          <PlacesCard />
          <ChoicesCard />
        </div>
      </div>
    </>
  );
}

function InboxCard() {
  const state = useLive(inbox);
  const [older, setOlder] = useState<{ notes: Note[]; more: boolean } | null>(null);
  if (state.status === "error") return <Failed error={state.error} onRetry={inbox.refresh} />;
  if (state.status !== "ready") return <Loading what="your notifications" />;
  const { notes, unread } = state.value;
  const all = [...notes, ...(older?.notes ?? []).filter((o) => !notes.some((n) => n.id === o.id))];
  const more = older ? older.more : state.value.more;
  if (all.length === 0) {
    return (
      <Empty icon={<BellOff />} title="Nothing new">
        When a chore is done, a machine wants to join, or somebody at home has something to tell you, it is here.
      </Empty>
    );
  }
  const loadOlder = async () => {
    try {
      const page = await client.call("notifications.list", { before: all[all.length - 1]!.id, limit: PAGE });
      setOlder({ notes: [...(older?.notes ?? []), ...page.notes], more: page.more });
    } catch (err) {
      toastError("Older notifications could not be read", err);
    }
  };
  return (
    <div>
      <Card>
        <div className="flex min-h-14 items-center justify-between gap-3 border-b border-line px-4 sm:px-5">
          <p className="font-medium" role="status">
            {unread === 0 ? "All read" : `${unread} new`}
          </p>
          {unread > 0 && (
            <Button size="sm" look="ghost" onClick={() => readAll().catch((err: unknown) => toastError("They are still marked as new", err))}>
              <CheckCheck aria-hidden />
              Mark all as read
            </Button>
          )}
        </div>
        <ul className="divide-y divide-line">
          {all.map((note) => (
            <NoteRow key={note.id} note={note} />
          ))}
        </ul>
      </Card>
      {more && (
        <Button className="mt-4" onClick={() => void loadOlder()}>
          Show older ones
        </Button>
      )}
    </div>
  );
}

function NoteRow({ note }: { note: Note }) {
  const now = useNow(60_000);
  const to = pageOf(note);
  const read = () => void readOne(note).catch((err: unknown) => toastError("It is still marked as new", err));
  return (
    <li className={cn("flex gap-3 px-4 py-3.5 sm:px-5", !note.read && "bg-accent-soft/40")}>
      <span
        aria-hidden
        className={cn("mt-2 size-2.5 shrink-0 rounded-full", note.read ? "bg-transparent" : note.urgency === "high" ? "bg-bad" : "bg-accent")}
      />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">
          {!note.read && <span className="sr-only">New: </span>}
          {note.from && <bdi className="text-muted">{note.from}: </bdi>}
          <bdi>{note.title}</bdi>
          {note.times > 1 && <span className="text-sm font-normal text-muted"> · {note.times} times</span>}
        </p>
        {note.body && <p className="mt-0.5 text-muted wrap-anywhere whitespace-pre-wrap">{note.body}</p>}
        <div className="mt-1 flex flex-wrap items-center gap-x-4 text-sm text-muted">
          <time dateTime={note.at} title={moment(note.at)}>
            {ago(note.at, now)}
          </time>
          {to && (
            <Link href={to} onClick={read} className="inline-flex min-h-8 items-center font-medium text-accent-ink underline underline-offset-2 pointer-coarse:min-h-11">
              Go there
            </Link>
          )}
          {!note.read && (
            <button type="button" onClick={read} className="min-h-8 rounded-lg underline underline-offset-2 pointer-coarse:min-h-11">
              Mark as read
            </button>
          )}
        </div>
      </div>
    </li>
  );
}
