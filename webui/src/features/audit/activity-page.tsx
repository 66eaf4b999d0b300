import { ScrollText } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { Entry, Machine } from "@/gen/api";
import { client } from "@/app/client";
import { Badge, type Tone } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastError } from "@/components/ui/toast";
import { moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { useStore } from "@/lib/store";
import { machines } from "@/features/presence/machines";
import { asRpcError, type RpcError } from "@/rpc/errors";
import { Search, Tools, type Wanted } from "./tools";
import { deed } from "./deeds";
import { grouped, type Repeated } from "./group";

const PAGE = 50;

/** Who did what in this home, newest first. */
export function ActivityPage() {
  const [wanted, setWanted] = useState<Wanted>({});
  const { entries, error, more, load, loadMore } = useEntries(wanted);
  const known = useLive(machines);
  const all = known.status === "ready" ? known.value : [];
  return (
    <>
      <PageHead title="Activity">Who did what in this home, and what was refused.</PageHead>
      <Search onSearch={setWanted} />
      {error && <Failed error={error} onRetry={load} />}
      {!error && !entries && <Loading what="the activity" />}
      {entries?.length === 0 && Object.keys(wanted).length > 0 && <p className="text-muted">Nothing like that is here{more > 0 && ", so far"}.</p>}
      {entries?.length === 0 && Object.keys(wanted).length === 0 && (
        <Empty icon={<ScrollText />} title="Nothing has happened yet">
          Opening a terminal or letting a machine join shows up here.
        </Empty>
      )}
      {entries && entries.length > 0 && (
        <Card>
          <ul className="divide-y divide-line">
            {grouped(entries).map((g) => (
              <EntryRow key={g.entry.seq} repeated={g} target={named(g.entry.target, all)} />
            ))}
          </ul>
        </Card>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        {more > 0 && <Button onClick={() => void loadMore()}>Show earlier</Button>}
        {entries && (
          <Button look="ghost" onClick={load}>
            Look again
          </Button>
        )}
      </div>
      <Tools />
    </>
  );
}

/** What was acted on, as people call it: a machine, not a terminal's number or a device's id. */
function named(target: string, all: Machine[]): string {
  const [first = ""] = target.split("/");
  return all.find((m) => m.device === first)?.name ?? first;
}

function useEntries(wanted: Wanted) {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  const [more, setMore] = useState(0); // where to go on
  const open = useStore(client.status).phase === "open";

  const load = useCallback(() => {
    client.call("audit.list", { ...wanted, limit: PAGE }).then(
      ({ entries: page, next }) => {
        setEntries(newestFirst(page));
        setMore(next);
        setError(null);
      },
      (err) => {
        const failed = asRpcError(err);
        if (failed.reason !== "canceled") setError(failed);
      },
    );
  }, [wanted]);

  // Read again over each new connection.
  useEffect(() => {
    if (open) load();
  }, [open, load]);

  const loadMore = async () => {
    try {
      const { entries: page, next } = await client.call("audit.list", { ...wanted, before: more, limit: PAGE });
      setEntries([...(entries ?? []), ...newestFirst(page)]);
      setMore(next);
    } catch (err) {
      toastError("Earlier activity could not be read", err);
    }
  };
  return { entries, error, more, load, loadMore };
}

function newestFirst(entries: Entry[]): Entry[] {
  return [...entries].sort((a, b) => b.seq - a.seq);
}

const decisions: Record<Entry["decision"], { tone: Tone; text: string }> = {
  allowed: { tone: "good", text: "Done" },
  denied: { tone: "warn", text: "Refused" },
  failed: { tone: "bad", text: "Failed" },
  asked: { tone: "plain", text: "Asked to confirm" },
};

function EntryRow({ repeated: { entry: e, count, since }, target }: { repeated: Repeated; target: string }) {
  const { tone, text } = decisions[e.decision] ?? { tone: "plain" as const, text: e.decision };
  return (
    <li className="flex items-start gap-x-4 px-4 py-3.5 sm:px-5">
      <time dateTime={e.at} className="hidden w-28 shrink-0 pt-0.5 text-sm text-muted tabular-nums sm:block">
        {moment(e.at)}
      </time>
      <div className="min-w-0 flex-1">
        <p className="wrap-anywhere">
          <span className="font-medium">{e.person || e.device || "Somebody unknown"}</span> {deed(e.method, e.decision === "allowed", target)}
          {count > 1 && (
            <span className="text-muted">
              , {count} times{moment(since) !== moment(e.at) && ` since ${moment(since)}`}
            </span>
          )}
        </p>
        <p className="text-sm wrap-anywhere text-muted">
          <span className="sm:hidden">{moment(e.at)} · </span>
          {e.device && `from ${e.device}`}
          {e.args && ` · ${Object.entries(e.args).map(([k, v]) => `${k}: ${v}`).join(", ")}`}
          {e.again ? ` · ${e.again} times more` : ""}
          {e.reason && ` · ${e.reason}`}
        </p>
      </div>
      <Badge tone={tone}>{text}</Badge>
    </li>
  );
}
