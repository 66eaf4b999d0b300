import { Users } from "lucide-react";
import { useCallback, useEffect, useState } from "react";
import type { Principal, PrincipalDevice, People } from "@/gen/api";
import { client } from "@/app/client";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextField } from "@/components/ui/field";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { useNow } from "@/lib/clock";
import { cn } from "@/lib/cn";
import { ago, never, osName } from "@/lib/format";
import { useStore } from "@/lib/store";
import { asRpcError, type RpcError } from "@/rpc/errors";
import { found, kinds, kindOf } from "./people";
import { grantSentence, role } from "./rights";

/** Who can reach Homie, what they may do here, and which grant says so. */
export function PeoplePage() {
  const { people, error, load } = usePeople();
  const [text, setText] = useState("");
  const shown = people ? people.people.filter((h) => found(h, text)) : [];
  return (
    <>
      <PageHead title="People and rights">
        Who can reach this home, and what they may do. Rights are given in the tailnet’s policy file, and change here within a second.
      </PageHead>
      {error && <Failed error={error} onRetry={load} />}
      {!error && !people && <Loading what="the tailnet" />}
      {people && (
        <>
          <div className="mb-5 flex flex-wrap items-end gap-3">
            <div className="min-w-56 flex-1 sm:max-w-sm">
              <TextField label="Find a person, device or right" type="search" value={text} onChange={(e) => setText(e.target.value)} />
            </div>
            <Button look="ghost" onClick={load}>
              Look again
            </Button>
          </div>
          {shown.length === 0 && (
            <Empty icon={<Users />} title={text ? "Nobody like that" : "Nobody else is here yet"}>
              {text ? "Nothing in a name, device or right has this in it." : "Whoever joins your tailnet shows up here, with what they may do."}
            </Empty>
          )}
          {kinds.map(({ kind, title, says }) => {
            const some = shown.filter((h) => kindOf(h) === kind);
            if (some.length === 0) return null;
            return (
              <section key={kind} aria-labelledby={`people-${kind}`} className="mb-8">
                <h2 id={`people-${kind}`} className="font-display text-xl font-semibold">
                  {title}
                </h2>
                <p className="mb-3 text-muted">{says}</p>
                <ul className="grid grid-cols-1 gap-4 lg:grid-cols-2">
                  {some.map((h) => (
                    <HolderCard key={h.devices.map((d) => d.id).join()} holder={h} />
                  ))}
                </ul>
              </section>
            );
          })}
          {people.left > 0 && <p className="text-muted">There are {people.left} more devices than can be shown.</p>}
        </>
      )}
    </>
  );
}

function usePeople() {
  const [people, setPeople] = useState<People | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  const open = useStore(client.status).phase === "open";
  const load = useCallback(() => {
    client.call("identity.people.list", {}).then(
      (all) => {
        setPeople(all);
        setError(null);
      },
      (err: unknown) => {
        const failed = asRpcError(err);
        if (failed.reason !== "canceled") setError(failed);
      },
    );
  }, []);
  useEffect(() => {
    if (open) load();
  }, [open, load]);
  return { people, error, load };
}

function HolderCard({ holder: h }: { holder: Principal }) {
  return (
    <li>
      <Card className="h-full p-5">
        <div className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <h3 className="min-w-0 font-medium wrap-anywhere">
            <bdi>{h.name}</bdi>
          </h3>
          {h.roles.map((name) => (
            <Badge key={name} tone="accent">
              {role(name).title}
            </Badge>
          ))}
          {h.class === "node" && <Badge>Machine</Badge>}
          {h.class !== "node" && h.visitor && <Badge tone="warn">No grant</Badge>}
        </div>
        {h.person && (
          <p className="text-sm text-muted wrap-anywhere">
            <bdi>{h.person.login}</bdi>
          </p>
        )}
        <ul className="mt-3 grid gap-1">
          {h.devices.map((d) => (
            <DeviceLine key={d.id} device={d} />
          ))}
        </ul>
        <Rights holder={h} />
      </Card>
    </li>
  );
}

function DeviceLine({ device: d }: { device: PrincipalDevice }) {
  const now = useNow(60_000);
  const when = d.online ? "online" : never(d.lastSeen) ? "not online" : `last seen ${ago(d.lastSeen, now)}`;
  return (
    <li className="flex items-baseline gap-2 text-sm">
      <span aria-hidden className={cn("size-2 shrink-0 rounded-full", d.online ? "bg-good" : "bg-line-strong")} />
      <span className="min-w-0 wrap-anywhere">
        <bdi>{d.name}</bdi>
        <span className="text-muted">
          {d.os && ` · ${osName(d.os)}`}
          {d.tags.length > 0 && ` · ${d.tags.join(", ")}`} · {when}
        </span>
      </span>
    </li>
  );
}

function Rights({ holder: h }: { holder: Principal }) {
  if (h.class === "node") return <p className="mt-3 text-sm">May do what a machine of the home does, and nothing else, whoever it belongs to.</p>;
  return (
    <>
      {h.grants.length === 0 ? (
        <p className="mt-3 text-sm">May see who they are, and which grant to ask for. No grant in the policy file reaches them.</p>
      ) : (
        <ul className="mt-3 grid gap-3">
          {h.grants.map((grant, i) => (
            <li key={i} className="border-l-2 border-lamp pl-3 text-sm">
              <p className="wrap-anywhere">{grantSentence(grant, "them")}</p>
              <p className="text-muted wrap-anywhere">{grant.why}</p>
            </li>
          ))}
        </ul>
      )}
      {h.problems.length > 0 && (
        <div role="note" className="mt-3 rounded-xl bg-warn-soft p-3 text-sm text-warn">
          <p className="font-medium">Left out, because it could not be read:</p>
          <ul className="list-disc pl-5">
            {h.problems.map((problem) => (
              <li key={problem} className="wrap-anywhere">
                {problem}
              </li>
            ))}
          </ul>
        </div>
      )}
    </>
  );
}
