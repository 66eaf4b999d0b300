import { Plus, TriangleAlert } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { can, shortName } from "@/features/identity/rights";
import { Buttons } from "@/features/jobs/buttons";
import { JoinCommand } from "@/features/pairing/join-command";
import { WaitingRequests } from "@/features/pairing/waiting-requests";
import { useSessions } from "@/features/terminal/sessions";
import { House } from "./house";
import { MachineCard } from "./machine-card";
import { machines } from "./machines";
import { summary } from "./summary";

/** The first page: the machines of this home. */
export function MachinesPage({ me }: { me: Whoami }) {
  const state = useLive(machines);
  const sessions = useSessions(can(me, "terminal:read"));
  return (
    <>
      <div className="flex items-end justify-between gap-4">
        <PageHead title={`${greeting(new Date())}, ${shortName(me)}.`}>
          {state.status === "ready" && state.value.length > 0 && summary(state.value)}
        </PageHead>
        <House
          machines={state.status === "ready" ? state.value : []}
          className="mb-3 w-28 shrink-0 sm:mr-4 sm:-mb-1.5 sm:w-56"
        />
      </div>
      <Warnings all={me.warnings} />
      {can(me, "pairing:read") && <WaitingRequests />}
      <Buttons me={me} />
      {state.status === "loading" && <Loading what="your machines" />}
      {state.status === "error" && <Failed error={state.error} onRetry={machines.refresh} />}
      {state.status === "ready" && state.value.length === 0 && <NoMachines me={me} />}
      {state.status === "ready" && state.value.length > 0 && (
        <div className="grid grid-cols-1 items-start gap-5 sm:grid-cols-[repeat(auto-fit,minmax(21rem,1fr))]">
          {state.value.map((m) => (
            <MachineCard key={m.name} machine={m} sessions={sessions.filter((s) => s.node === m.name)} />
          ))}
        </div>
      )}
    </>
  );
}

/** What is wrong with the home. The gateway tells it to those who run it. */
function Warnings({ all }: { all: string[] }) {
  return all.map((warning) => (
    <Card key={warning} role="alert" className="mb-5 flex gap-3 border-warn/40 bg-warn-soft p-5 text-warn">
      <TriangleAlert aria-hidden className="size-5 shrink-0" />
      {warning}
    </Card>
  ));
}

function NoMachines({ me }: { me: Whoami }) {
  return (
    <Empty icon={<Plus />} title="No machines yet">
      {can(me, "pairing:write") ? (
        <>
          <p>On a computer that should join this home, run:</p>
          <JoinCommand />
          <p>
            It then asks to join, and you say yes under{" "}
            <Link href="/pairing" className="font-medium text-accent-ink underline">
              Joining
            </Link>
            .
          </p>
        </>
      ) : (
        <p>The person who runs this home can add one. It shows up here by itself.</p>
      )}
    </Empty>
  );
}

function greeting(now: Date): string {
  const hour = now.getHours();
  if (hour < 5) return "Good night";
  if (hour < 12) return "Good morning";
  if (hour < 18) return "Good afternoon";
  return "Good evening";
}
