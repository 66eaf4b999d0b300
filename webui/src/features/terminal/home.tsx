import { CornerDownRight, Film, Plus, Search, SquareTerminal, Zap } from "lucide-react";
import { useMemo, useState } from "react";
import type { Session, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Menu } from "@/components/ui/menu";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { hasTerminal, machines } from "@/features/presence/machines";
import { Window } from "@/features/presence/window";
import { Since } from "@/features/presence/health";
import { ask } from "./dialogs";
import { divided, finder, searchText, type By } from "./find";
import { NewTabMenu } from "./new-tab-menu";
import { OpenTerminal } from "./open-terminal";
import { SessionRow } from "./session-row";
import { sessions } from "./sessions";
import { change, settings } from "./settings";
import { switchKeys } from "./shortcuts";
import { tabPath } from "./tabs";
import { titles } from "./titles";
import { sessionName } from "./words";

/** All terminals of the home: to find, name and group them, and to end them. */
export function TerminalHome({ me }: { me: Whoami }) {
  const state = useLive(sessions);
  const [query, setQuery] = useState("");
  const [ending, setEnding] = useState<Session | null>(null);
  const mayType = can(me, "terminal:write");
  const by = useStore(settings).listBy;
  const known = useStore(titles);
  const all = useMemo(() => state.value ?? [], [state.value]);
  const found = useMemo(() => {
    const fits = finder(query);
    return all.filter((s) => fits(searchText(s, known[tabPath({ node: s.node, session: s.id })])));
  }, [all, query, known]);
  const ended = mayType ? found.filter((s) => s.state === "exited") : [];

  const end = async (which: Session[], say: string) => {
    const results = await Promise.allSettled(
      which.map((s) => client.call("terminal.session.kill", { node: s.node, session: s.id })),
    );
    const failed = results.find((r) => r.status === "rejected");
    if (failed) toastError("Not all of it was done", failed.reason);
    else toastDone(say);
  };
  return (
    <div className="mx-auto max-w-3xl">
      <PageHead title="Terminals">Find one that is there, or open another.</PageHead>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <div className="relative min-w-48 flex-1">
          <Search aria-hidden className="absolute top-3.5 left-3 size-4 text-muted" />
          <input
            type="search"
            aria-label="Search terminals"
            placeholder="Name, command, folder, machine, person"
            value={query}
            onChange={(e) => setQuery(e.target.value)}
            autoCapitalize="off"
            autoComplete="off"
            spellCheck={false}
            className="min-h-11 w-full rounded-xl border border-line-strong/60 bg-surface pr-3 pl-9 text-base placeholder:text-muted"
          />
        </div>
        <ListBy by={by} />
        {mayType && (
          <Menu
            trigger={
              <Button look="primary">
                <Plus aria-hidden />
                New
              </Button>
            }
          >
            <NewTabMenu me={me} />
          </Menu>
        )}
      </div>
      {state.status === "loading" && <Loading what="the terminals" />}
      {state.status === "error" && <Failed error={state.error} onRetry={sessions.refresh} />}
      {state.status === "ready" && found.length === 0 && (
        <Empty icon={<SquareTerminal />} title={all.length > 0 ? "Nothing fits" : "No terminal is open"}>
          {all.length > 0 ? "Other words may find it; a part of a word is enough." : "What you open stays here, and runs on when you leave."}
        </Empty>
      )}
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4">
        {divided(found, by).map(({ heading, sessions }) => (
          <Card key={heading} aria-label={heading || "Without a group"} className="p-2">
            <h2 className="px-3 pt-1.5 pb-1 font-display text-lg font-semibold">
              {heading || "Without a group"} <span className="text-sm font-normal text-muted">{sessions.length}</span>
            </h2>
            <ul>
              {sessions.map((s) => (
                <SessionRow
                  key={`${s.node}/${s.id}`}
                  session={s}
                  named
                  {...(mayType ? { onEnd: (s: Session) => (s.state === "exited" ? void end([s], "It is off the list") : setEnding(s)) } : {})}
                />
              ))}
            </ul>
          </Card>
        ))}
      </div>
      <div className="mt-4 flex flex-wrap gap-2">
        {ended.length > 0 && (
          <Button size="sm" look="outline" onClick={() => void end(ended, "What had ended is off the list")}>
            Take off all that have ended ({ended.length})
          </Button>
        )}
        <Button size="sm" look="ghost" onClick={() => ask({ what: "switch" })}>
          <CornerDownRight aria-hidden />
          Go to a session <kbd className="text-muted pointer-coarse:hidden">{switchKeys}</kbd>
        </Button>
        <Link href="/recordings" className={buttonClass({ look: "ghost", size: "sm" })}>
          <Film aria-hidden />
          Recordings
        </Link>
        {mayType && (
          <>
            <Button size="sm" look="ghost" onClick={() => ask({ what: "profiles" })}>
              <SquareTerminal aria-hidden />
              Profiles
            </Button>
            <Button size="sm" look="ghost" onClick={() => ask({ what: "snippets" })}>
              <Zap aria-hidden />
              Quick commands
            </Button>
          </>
        )}
      </div>
      <MachineList />
      <Confirm
        open={ending !== null}
        onOpenChange={(open) => !open && setEnding(null)}
        title="End this session?"
        description={
          ending && (
            <>
              <b className="text-ink">{sessionName(ending)}</b> on <b className="text-ink">{ending.node}</b> stops, with everything
              that runs in it.
            </>
          )
        }
        action="End it"
        danger
        onConfirm={() => end([ending!], `The session on ${ending!.node} has ended`)}
      />
    </div>
  );
}

function ListBy({ by }: { by: By }) {
  return (
    <div role="group" aria-label="List by" className="flex rounded-xl bg-sunken p-1">
      {(["machine", "group"] as By[]).map((name) => (
        <button
          key={name}
          type="button"
          aria-pressed={by === name}
          onClick={() => change({ listBy: name })}
          className={cn("min-h-9 rounded-lg px-3 text-sm pointer-coarse:min-h-11", by === name && "bg-surface font-medium shadow-card")}
        >
          {name === "machine" ? "Machines" : "Groups"}
        </button>
      ))}
    </div>
  );
}

/** The machines, each with the way into it. */
function MachineList() {
  const state = useLive(machines);
  if (state.status === "loading") return <Loading what="your machines" />;
  if (state.status === "error") return <Failed error={state.error} onRetry={machines.refresh} />;
  if (state.value.length === 0)
    return (
      <Empty icon={<SquareTerminal />} title="No machines yet">
        As soon as a machine has joined this home, its terminal opens here.
      </Empty>
    );
  return (
    <Card aria-label="Machines" className="mt-6">
      <ul className="divide-y divide-line">
        {state.value.map((m) => (
          <li key={m.name} className="flex flex-wrap items-center gap-x-4 gap-y-3 p-4 sm:px-5">
            <Window lit={m.online} />
            <div className="min-w-32 flex-1">
              <h2 className="truncate font-display text-xl font-semibold">{m.name}</h2>
              <p className="truncate text-sm text-muted">
                <Since machine={m} />
              </p>
            </div>
            {m.online && hasTerminal(m) && m.mayOpenTerminal && (
              <Button look="ghost" size="sm" onClick={() => ask({ what: "start", node: m.name })}>
                In a folder…<span className="sr-only"> on {m.name}</span>
              </Button>
            )}
            <OpenTerminal machine={m} />
          </li>
        ))}
      </ul>
    </Card>
  );
}
