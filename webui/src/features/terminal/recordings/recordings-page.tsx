import { ArrowLeft, Download, Film, FolderOpen, Play, Trash2 } from "lucide-react";
import { useRef, useState } from "react";
import type { Recording, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Badge } from "@/components/ui/badge";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { bytes, moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link, navigate } from "@/lib/router";
import { can } from "@/features/identity/rights";
import { clock } from "./clock";
import { recordings } from "./recordings";
import { download, picked } from "./source";
import { nameOf, recordingName, recordingPath } from "./words";

/** The recordings there are, of all machines or of one. */
export default function RecordingsPage({ me, node }: { me: Whoami; node?: string }) {
  const state = useLive(recordings);
  const [wanted, setWanted] = useState("");
  const [going, setGoing] = useState<Recording | null>(null);
  const all = (state.status === "ready" ? state.value : []).filter((r) => !node || r.node === node);
  const shown = all.filter((r) => matches(r, wanted));
  const machines = [...new Set(shown.map((r) => r.node))].sort();
  const remove = async () => {
    if (!going) return;
    try {
      await client.call("terminal.recording.delete", { node: going.node, recording: going.id });
      toastDone("The recording is deleted");
    } catch (err) {
      toastError("The recording was not deleted", err);
    }
    recordings.refresh();
  };
  return (
    <div className="mx-auto max-w-3xl pt-4 sm:pt-6">
      <Link href={node ? `/machines/${encodeURIComponent(node)}` : "/terminal"} className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        {node ?? "Terminals"}
      </Link>
      <PageHead title={node ? `Recordings of ${node}` : "Recordings"}>What terminals showed, to be played again.</PageHead>
      <div className="mb-5 flex flex-wrap gap-3">
        <input
          type="search"
          value={wanted}
          onChange={(e) => setWanted(e.target.value)}
          aria-label="Search recordings by name"
          placeholder="Search by name, person or command"
          className="min-h-11 min-w-0 flex-1 basis-60 rounded-xl border border-line bg-surface px-4 text-base placeholder:text-muted"
        />
        <OpenFile />
      </div>
      {state.status === "loading" && <Loading what="the recordings" />}
      {state.status === "error" && <Failed error={state.error} onRetry={recordings.refresh} />}
      {state.status === "ready" && all.length === 0 && (
        <Empty icon={<Film />} title="No recordings yet">
          Whoever may type into a terminal can record it: open its menu and choose “Record this session”.
        </Empty>
      )}
      {all.length > 0 && shown.length === 0 && <p role="status" className="py-6 text-muted">Nothing is called “{wanted}”.</p>}
      {machines.map((name) => (
        <Card key={name} className="mb-5 p-2.5">
          {!node && <h2 className="px-3 pt-2 pb-1 font-display text-xl font-semibold">{name}</h2>}
          <ul>
            {shown.filter((r) => r.node === name).map((r) => (
              <Row key={r.id} recording={r} mayDelete={can(me, "terminal:write")} onDelete={() => setGoing(r)} />
            ))}
          </ul>
        </Card>
      ))}
      <Confirm
        open={going !== null}
        onOpenChange={(open) => !open && setGoing(null)}
        title="Delete this recording?"
        description="It can’t be brought back."
        action="Delete it"
        danger
        onConfirm={remove}
      />
    </div>
  );
}

function matches(r: Recording, wanted: string): boolean {
  const text = `${recordingName(r)} ${r.command} ${r.owner} ${r.by} ${r.node} ${r.account}`.toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}

function Row({ recording: r, mayDelete, onDelete }: { recording: Recording; mayDelete: boolean; onDelete: () => void }) {
  const [busy, setBusy] = useState(false);
  const name = recordingName(r);
  const get = async () => {
    setBusy(true);
    await download(r).catch((err) => toastError("The recording did not come", err));
    setBusy(false);
  };
  const about = [moment(r.startedAt), clock(r.durationMs / 1000), bytes(r.bytes), `as ${r.account}`, r.by ? `by ${nameOf(r.by)}` : "by the machine"];
  return (
    <li className="flex items-center gap-1 rounded-xl pr-1 hover:bg-sunken">
      <Link href={recordingPath(r)} className="flex min-h-14 min-w-0 flex-1 items-center gap-3 rounded-xl px-3 py-1.5">
        <Play aria-hidden className="size-5 shrink-0 text-accent-ink" />
        <span className="min-w-0">
          <span className="flex items-center gap-2 font-medium">
            <span className="truncate">{name}</span>
            {r.live && <Badge tone="bad">goes on</Badge>}
          </span>
          <span className="block truncate text-sm text-muted">{about.join(" · ")}</span>
        </span>
      </Link>
      <Button look="ghost" size="iconSm" disabled={busy} aria-label={`Download the recording of ${name}, ${moment(r.startedAt)}`} title="Download" onClick={() => void get()}>
        <Download aria-hidden />
      </Button>
      {mayDelete && (
        <Button
          look="ghost"
          size="iconSm"
          disabled={r.live}
          aria-label={`Delete the recording of ${name}, ${moment(r.startedAt)}`}
          title={r.live ? "It goes on: stop it first" : "Delete"}
          onClick={onDelete}
        >
          <Trash2 aria-hidden />
        </Button>
      )}
    </li>
  );
}

/** Plays a recording that is on this device. */
function OpenFile() {
  const field = useRef<HTMLInputElement>(null);
  return (
    <>
      <input
        ref={field}
        type="file"
        accept=".cast,application/x-asciicast"
        aria-label="A recording on this device"
        className="sr-only"
        tabIndex={-1}
        onChange={(e) => {
          const file = e.target.files?.[0];
          if (!file) return;
          picked.set(file);
          navigate("/recordings/this-device/file");
        }}
      />
      <button type="button" onClick={() => field.current?.click()} className={buttonClass({ look: "outline" })}>
        <FolderOpen aria-hidden />
        Open a file
      </button>
    </>
  );
}
