import { Lock, MapPinOff } from "lucide-react";
import { Suspense, lazy } from "react";
import type { Needs, Whoami } from "@/gen/api";
import { Empty, Loading } from "@/components/ui/states";
import { buttonClass } from "@/components/ui/button";
import { Link, segments } from "@/lib/router";
import { ActivityPage } from "@/features/audit/activity-page";
import { AskFor } from "@/features/identity/ask-for";
import { EditPage } from "@/features/jobs/edit-page";
import { JobPage } from "@/features/jobs/job-page";
import { JobsPage } from "@/features/jobs/jobs-page";
import { RunPage } from "@/features/jobs/run-page";
import { PeoplePage } from "@/features/identity/people-page";
import { MePage } from "@/features/identity/me-page";
import { can } from "@/features/identity/rights";
import { NotificationsPage } from "@/features/notifications/notifications-page";
import { DevicePage } from "@/features/pairing/device-page";
import { PairingPage } from "@/features/pairing/pairing-page";
import { MachinePage } from "@/features/presence/machine-page";
import { MachinesPage } from "@/features/presence/machines-page";
import { ConfirmPage } from "@/features/stepup/confirm-page";
import { terminalNeeds } from "@/features/terminal/link";

const TerminalPage = lazy(() => import("@/features/terminal/terminal-page"));

const RecordingsPage = lazy(() => import("@/features/terminal/recordings/recordings-page"));
const PlayerPage = lazy(() => import("@/features/terminal/recordings/player-page"));

/** The page that a path names. */
export function Page({ me, path }: { me: Whoami; path: string }) {
  const [area, first, second, third, ...rest] = segments(path);
  if (rest.length > 0 || (third && area !== "jobs")) return <Nowhere />;
  switch (area) {
    case undefined:
      return <MachinesPage me={me} />;
    case "machines":
      return first && !second ? <MachinePage key={first} me={me} name={first} /> : <MachinesPage me={me} />;
    case "terminal":
      if (!can(me, "terminal:read")) return <NotYours what="Terminals are" me={me} needs={terminalNeeds(path)} />;
      return (
        <Suspense fallback={<Loading what="the terminal" className="px-5" />}>
          <TerminalPage me={me} tab={first && second ? { node: first, session: second } : null} all={first === "all" && !second} />
        </Suspense>
      );
    case "jobs":
      return can(me, "jobs:read") ? <JobArea me={me} node={first} id={second} run={third} /> : <NotYours what="Jobs are" />;
    case "recordings":
      if (!can(me, "terminal:read")) return <NotYours what="Recordings are" />;
      return (
        <Suspense fallback={<Loading what="the recordings" />}>
          {first && second ? <PlayerPage node={first} id={second} /> : <RecordingsPage me={me} node={first} />}
        </Suspense>
      );
    case "people":
      return can(me, "people:read") ? <PeoplePage /> : <NotYours what="People and rights are" />;
    case "me":
      return <MePage me={me} />;
    case "confirm":
      return first && !second ? <ConfirmPage id={first} /> : <Nowhere />;
    case "pairing":
      if (first === "device" && !second) {
        return can(me, "pairing:write") ? <DevicePage /> : <NotYours what="Letting devices in is" />;
      }
      return can(me, "pairing:read") ? <PairingPage /> : <NotYours what="Joining machines is" />;
    case "notifications":
      return can(me, "notifications:use") ? <NotificationsPage /> : <NotYours what="Notifications are" />;
    case "activity":
      return can(me, "audit:read") ? <ActivityPage /> : <NotYours what="The activity is" />;
    default:
      return <Nowhere />;
  }
}

/** The pages of jobs: /jobs, /jobs/new, /jobs/MACHINE/JOB, and below that /edit or a run. */
function JobArea({ me, node, id, run }: { me: Whoami; node?: string | undefined; id?: string | undefined; run?: string | undefined }) {
  if (!node) return <JobsPage me={me} />;
  if (node === "new" && !id) return <EditPage key="new" me={me} />;
  if (!id) return <Nowhere />;
  if (run === "edit") return <EditPage key={`${node}/${id}`} me={me} node={node} id={id} />;
  if (run) return <RunPage key={run} me={me} node={node} job={id} id={run} />;
  return <JobPage key={`${node}/${id}`} me={me} node={node} id={id} />;
}

export function pageTitle(path: string): string {
  const [area, first, second] = segments(path);
  switch (area) {
    case undefined:
      return "Machines";
    case "machines":
      return first ?? "Machines";
    case "terminal":
      return second ? `Terminal on ${first}` : "Terminals";
    case "jobs":
      return second ?? "Jobs";
    case "recordings":
      return "Recordings";
    case "people":
      return "People and rights";
    case "me":
      return "Who am I";
    case "confirm":
      return "Is this you?";
    case "pairing":
      if (first === "device") return "Let a device in";
      return "Joining";
    case "notifications":
      return "Notifications";
    case "activity":
      return "Activity";
    default:
      return "";
  }
}

function Nowhere() {
  return (
    <div className="pt-10">
      <Empty icon={<MapPinOff />} title="There is nothing here">
        <p className="mb-5">The address does not lead anywhere in this home.</p>
        <Link href="/" className={buttonClass({ look: "primary" })}>
          Go to the machines
        </Link>
      </Empty>
    </div>
  );
}

function NotYours({ what, me, needs }: { what: string; me?: Whoami; needs?: Needs | null }) {
  return (
    <div className="pt-10">
      <Empty icon={<Lock />} title={`${what} not open to you`}>
        <p className="mb-5">The person who runs this home can change that in the tailnet’s policy file.</p>
        {me && needs && (
          <div className="mx-auto mb-6 max-w-xl text-left">
            <p>Send them this. The terminal opens here by itself as soon as they allow it.</p>
            <AskFor me={me} needs={needs} what={`open a terminal on ${needs.node}`} />
          </div>
        )}
        <Link href="/me" className={buttonClass({ look: "primary" })}>
          What may I do?
        </Link>
      </Empty>
    </div>
  );
}
