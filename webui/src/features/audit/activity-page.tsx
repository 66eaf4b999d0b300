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
import { deed } from "./deeds";
import { grouped, type Repeated } from "./group";

const PAGE = 50;

/** Who did what in this home, newest first. */
export function ActivityPage() {
  const { entries, error, more, load, loadMore } = useEntries();
  const known = useLive(machines);
  const all = known.status === "ready" ? known.value : [];
  return (
    <>
      <PageHead title="Activity">Who did what in this home, and what was refused.</PageHead>
      {error && <Failed error={error} onRetry={load} />}
      {!error && !entries && <Loading what="the activity" />}
      {entries?.length === 0 && (
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
        {more && <Button onClick={() => void loadMore()}>Show earlier</Button>}
        {entries && (
          <Button look="ghost" onClick={load}>
            Look again
          </Button>
        )}
      </div>
    </>
  );
}

/** What was acted on, as people call it: a machine, not a terminal's number or a device's id. */
function named(target: string, all: Machine[]): string {
  const [first = ""] = target.split("/");
  return all.find((m) => m.device === first)?.name ?? first;
}

function useEntries() {
  const [entries, setEntries] = useState<Entry[] | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  const [more, setMore] = useState(false);
  const open = useStore(client.status).phase === "open";

  const load = useCallback(() => {
    client.call("audit.list", { limit: PAGE }).then(
      ({ entries: page }) => {
        setEntries(newestFirst(page));
        setMore(page.length === PAGE);
        setError(null);
      },
      (err) => {
        const failed = asRpcError(err);
        if (failed.reason !== "canceled") setError(failed);
      },
    );
  }, []);

  // Read again over each new connection.
  useEffect(() => {
    if (open) load();
  }, [open, load]);

  const loadMore = async () => {
    const oldest = entries?.at(-1);
    if (!oldest) return;
    try {
      const { entries: page } = await client.call("audit.list", { before: oldest.seq, limit: PAGE });
      setEntries([...entries!, ...newestFirst(page)]);
      setMore(page.length === PAGE);
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
          {e.reason && ` · ${e.reason}`}
        </p>
      </div>
      <Badge tone={tone}>{text}</Badge>
    </li>
  );
}
