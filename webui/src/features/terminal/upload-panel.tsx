import { CircleAlert, CircleCheck, CornerDownLeft, FileUp, RotateCcw, X } from "lucide-react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { bytes } from "@/lib/format";
import { useStore } from "@/lib/store";
import { baseName, visible } from "./offers";
import { sameTab } from "./tabs";
import type { OpenTerminal } from "./terminal";
import type { Upload } from "./upload";
import { Uploads, leftWords, quoted } from "./uploads";

/** The files of this page that are on their way. */
export const uploads = new Uploads(client);

/** The files that were sent to a terminal from here. It stands clear of the prompt. */
export function UploadPanel({ terminal }: { terminal: OpenTerminal }) {
  const mine = useStore(uploads.all).filter((u) => sameTab(u.tab, terminal.tab));
  if (mine.length === 0) return null;
  return (
    <section
      aria-label="Files that are sent"
      className="arrive absolute top-2 right-2 left-2 z-10 flex max-h-[60%] flex-col rounded-2xl border border-line bg-surface shadow-card sm:left-auto sm:w-96"
    >
      <ul className="min-h-0 divide-y divide-line overflow-y-auto">
        {mine.map((u) => (
          <Row key={u.id} upload={u} terminal={terminal} />
        ))}
      </ul>
    </section>
  );
}

function Row({ upload, terminal }: { upload: Upload; terminal: OpenTerminal }) {
  const { phase, sent, rate, error, path } = useStore(upload.state);
  const { name, size } = upload.file;
  const done = phase === "done";
  const remove = () => {
    uploads.remove(upload);
    terminal.focus();
  };
  return (
    <li className="flex items-start gap-3 py-2.5 pr-2 pl-3.5">
      {done ? (
        <CircleCheck aria-hidden className="mt-1 size-5 shrink-0 text-good" />
      ) : phase === "failed" ? (
        <CircleAlert aria-hidden className="mt-1 size-5 shrink-0 text-bad" />
      ) : (
        <FileUp aria-hidden className="mt-1 size-5 shrink-0 text-muted" />
      )}
      <div className="min-w-0 flex-1 py-0.5">
        <p className="truncate font-medium">{visible(path ? baseName(path) : name)}</p>
        <p role={done || phase === "failed" ? "status" : undefined} className={cn("text-sm wrap-anywhere tabular-nums", phase === "failed" ? "text-bad" : "text-muted")}>
          {done && <>Sent to {visible(path!.slice(0, path!.lastIndexOf("/")) || "/")}</>}
          {phase === "failed" && error?.message}
          {phase === "waiting" && `Waits for its turn · ${bytes(size)}`}
          {phase === "away" && (error?.message ?? "The connection was lost. It goes on by itself.")}
          {phase === "sending" &&
            [`${bytes(sent)} of ${bytes(size)}`, rate !== null && `${bytes(rate)}/s`, leftWords(sent, size, rate)].filter(Boolean).join(" · ")}
        </p>
        {(phase === "sending" || phase === "away") && <Progress name={name} value={size > 0 ? sent / size : 0} still={phase === "away"} />}
        {done && (
          <Button
            size="sm"
            className="mt-1.5"
            onClick={() => {
              terminal.type(`${quoted(path!)} `);
              remove();
            }}
          >
            <CornerDownLeft aria-hidden />
            Insert path
          </Button>
        )}
        {phase === "failed" && (
          <Button size="sm" className="mt-1.5" onClick={() => uploads.again(upload)}>
            <RotateCcw aria-hidden />
            Try again
          </Button>
        )}
      </div>
      <Button look="ghost" size="iconSm" aria-label={done || phase === "failed" ? `Dismiss ${name}` : `Cancel ${name}`} onClick={remove}>
        <X aria-hidden />
      </Button>
    </li>
  );
}

function Progress({ name, value, still }: { name: string; value: number; still: boolean }) {
  const percent = Math.round(Math.min(1, value) * 100);
  return (
    <div
      role="progressbar"
      aria-label={`Sending ${name}`}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
      className="mt-1.5 h-1.5 overflow-hidden rounded-full bg-sunken"
    >
      <div className={cn("h-full rounded-full", still ? "bg-line-strong" : "bg-accent")} style={{ width: `${percent}%` }} />
    </div>
  );
}
