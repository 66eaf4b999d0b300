import { Circle, CircleStop, Film } from "lucide-react";
import { useEffect, useRef } from "react";
import type { Session } from "@/gen/api";
import { client } from "@/app/client";
import { MenuItem } from "@/components/ui/menu";
import { toastDone, toastError } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { navigate } from "@/lib/router";
import { localError } from "@/rpc/errors";
import { endWords, endedBadly, isRecorded, recordedBy } from "./words";

/** Says that a session is recorded, to everybody who looks at it. Short: on a tab, where the words are for screen readers. */
export function RecordedMark({ session, short, className }: { session: Session | null | undefined; short?: boolean; className?: string }) {
  const r = session?.recording;
  if (!isRecorded(r)) return null;
  return (
    <span title={recordedBy(r)} className={cn("inline-flex shrink-0 items-center gap-1.5 font-medium text-bad", className)}>
      <span aria-hidden className="size-2 rounded-full bg-bad" />
      {short ? <span className="sr-only">, recorded</span> : recordedBy(r)}
    </span>
  );
}

/** Says when the recording of a session begins or ends while one looks on. */
export function useRecordingNews(session: Session | null): void {
  const key = session ? `${session.node}/${session.id}` : "";
  const r = session?.recording ?? null;
  const known = useRef<{ key: string; id: string; on: boolean } | null>(null);
  useEffect(() => {
    if (!key) return;
    const was = known.current;
    const now = { key, id: r?.id ?? "", on: isRecorded(r) };
    known.current = now;
    if (was?.key !== key || !r || (was.id === now.id && was.on === now.on)) return;
    if (now.on) toastDone(`${recordedBy(r)}: everybody here can see that`);
    else if (endedBadly(r)) toastError(endWords(r), localError("conflict", "The terminal runs on."));
    else if (r.why === "stopped") toastDone(endWords(r));
  }, [key, r]);
}

/** What can be done about a session's recording, in its menu. */
export function RecordItems({ session, mayType }: { session: Session | null; mayType: boolean }) {
  if (!session) return null;
  const { recording: r, node, id } = session;
  const on = isRecorded(r);
  const call = async (method: "terminal.recording.start" | "terminal.recording.stop") => {
    try {
      await client.call(method, { node, session: id });
    } catch (err) {
      toastError(on ? "The recording was not stopped" : "The recording did not begin", err);
    }
  };
  return (
    <>
      {mayType && !on && session.state === "running" && (
        <MenuItem onSelect={() => void call("terminal.recording.start")}>
          <Circle aria-hidden className="text-bad" />
          Record this session
        </MenuItem>
      )}
      {mayType && on && (
        <MenuItem disabled={r.policy} onSelect={() => void call("terminal.recording.stop")}>
          <CircleStop aria-hidden className="text-bad" />
          {r.policy ? "This machine records everything" : "Stop recording"}
        </MenuItem>
      )}
      {mayType && (
        <MenuItem onSelect={() => navigate(`/recordings/${encodeURIComponent(node)}`)}>
          <Film aria-hidden />
          Recordings
        </MenuItem>
      )}
    </>
  );
}
