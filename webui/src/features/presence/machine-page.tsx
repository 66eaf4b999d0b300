import { ArrowLeft, Film, SearchX } from "lucide-react";
import type { Machine, Whoami } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Row } from "@/components/ui/row";
import { Empty, Failed, Loading } from "@/components/ui/states";
import { moment, osName } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { can } from "@/features/identity/rights";
import { OpenTerminal } from "@/features/terminal/open-terminal";
import { SessionRow } from "@/features/terminal/session-row";
import { useSessions } from "@/features/terminal/sessions";
import { HealthInFull, Reach, Since } from "./health";
import { machines } from "./machines";
import { Window } from "./window";

/** Everything about one machine. */
export function MachinePage({ me, name }: { me: Whoami; name: string }) {
  const state = useLive(machines);
  return (
    <div className="pt-4 sm:pt-6">
      <Link href="/" className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        All machines
      </Link>
      {state.status === "loading" && <Loading what={name} />}
      {state.status === "error" && <Failed error={state.error} onRetry={machines.refresh} />}
      {state.status === "ready" && <Found me={me} name={name} machine={state.value.find((m) => m.name === name)} />}
    </div>
  );
}

function Found({ me, name, machine }: { me: Whoami; name: string; machine: Machine | undefined }) {
  const sessions = useSessions(can(me, "terminal:read")).filter((s) => s.node === name);
  if (!machine) {
    return (
      <Empty icon={<SearchX />} title={`There is no machine called ${name}`}>
        It may have been removed, or it is not open to you.
      </Empty>
    );
  }
  return (
    <>
      <header className="flex flex-wrap items-center gap-4 pt-3 pb-7">
        <Window lit={machine.online} className="size-16" />
        <div className="min-w-0 flex-1">
          <h1 className="font-display text-3xl font-semibold tracking-tight sm:text-4xl">{machine.name}</h1>
          <p className="text-muted sm:text-lg">
            <Since machine={machine} />
          </p>
        </div>
        <Reach machine={machine} />
      </header>
      {!machine.online && <OfflineHelp machine={machine} />}
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <Card className="p-5 sm:p-6">
          <h2 className="mb-4 font-display text-xl font-semibold">Terminals</h2>
          {sessions.length > 0 ? (
            <ul className="-mx-3 mb-4">
              {sessions.map((s) => (
                <SessionRow key={s.id} session={s} />
              ))}
            </ul>
          ) : (
            machine.online && <p className="mb-4 text-muted">None is open.</p>
          )}
          <OpenTerminal machine={machine} wide />
          {can(me, "terminal:read") && (
            <Link href={`/recordings/${encodeURIComponent(name)}`} className="mt-3 inline-flex min-h-11 items-center gap-2 font-medium text-accent-ink">
              <Film aria-hidden className="size-4" />
              Recordings
            </Link>
          )}
        </Card>
        <Card className="p-5 sm:p-6">
          <h2 className="mb-4 font-display text-xl font-semibold">How it is</h2>
          {machine.online ? <HealthInFull machine={machine} /> : <p className="text-muted">Nothing is known while it is offline.</p>}
          <dl className="mt-6 grid gap-2.5 border-t border-line pt-4">
            <Row name="System">
              {osName(machine.os)} · {machine.arch}
            </Row>
            {machine.online && <Row name="Reached">{reached(machine)}</Row>}
            {machine.addr && <Row name="Address">{machine.addr}</Row>}
            {machine.account && <Row name="Runs as">{machine.account}</Row>}
            <Row name="Homie">{machine.version || "unknown"}</Row>
            <Row name="Joined">{moment(machine.pairedAt)}</Row>
          </dl>
        </Card>
      </div>
    </>
  );
}

function reached(m: Machine): string {
  const ms = m.connection.latencyMs;
  const fast = ms === undefined ? "" : `, ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms`;
  if (m.connection.kind === "direct") return `directly${fast}`;
  if (m.connection.kind === "relay") return `through the relay ${m.connection.relay ?? ""}${fast}`;
  return `online${fast}`;
}

function OfflineHelp({ machine }: { machine: Machine }) {
  return (
    <Card role="status" className="mb-5 bg-sunken p-5 shadow-none">
      <p className="font-medium">{machine.name} can’t be reached right now.</p>
      <p className="text-muted">
        It may be asleep, switched off or without a network. It comes back here by itself; running terminals are kept as
        long as the machine stays on.
      </p>
    </Card>
  );
}
