import { DoorOpen } from "lucide-react";
import { useId, useState } from "react";
import type { PairedDevice, Pairing, Request } from "@/gen/api";
import { client } from "@/app/client";
import { Badge } from "@/components/ui/badge";
import { Button, buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm } from "@/components/ui/dialog";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { ago, moment, osName } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { useCan } from "@/features/identity/rights";
import { JoinCommand } from "./join-command";
import { pairings } from "./pairings";

/** The machines that ask to join, and those that have. */
export function PairingPage() {
  const state = useLive(pairings);
  return (
    <>
      <PageHead title="Joining">Which machines belong to this home is yours to say.</PageHead>
      {state.status === "loading" && <Loading what="the list of machines" />}
      {state.status === "error" && <Failed error={state.error} onRetry={pairings.refresh} />}
      {state.status === "ready" && (
        <div className="grid gap-8">
          <Requests requests={state.value.requests} />
          <Decided paired={state.value.paired} />
          <Devices devices={state.value.devices} />
        </div>
      )}
    </>
  );
}

type Decision = "pairing.approve" | "pairing.reject" | "pairing.revoke" | "pairing.forget" | "pairing.device.revoke";

/** Decides about a device, and says how that went. */
async function decide(method: Decision, device: string, done: string, failed: string): Promise<void> {
  try {
    await client.call(method, { device });
    toastDone(done);
  } catch (err) {
    toastError(failed, err);
  }
  pairings.refresh();
}

function Requests({ requests }: { requests: Request[] }) {
  if (requests.length === 0) {
    return (
      <Empty icon={<DoorOpen />} title="Nobody is at the door">
        <p>On a computer that should join this home, run:</p>
        <JoinCommand />
        <p>It then asks to join here, and waits for your yes.</p>
      </Empty>
    );
  }
  return (
    <section aria-labelledby="asking">
      <h2 id="asking" className="mb-3 font-display text-xl font-semibold">
        Asking to join
      </h2>
      <ul className="grid grid-cols-1 gap-4 sm:grid-cols-[repeat(auto-fill,minmax(22rem,1fr))]">
        {requests.map((r) => (
          <li key={r.device}>
            <RequestCard request={r} />
          </li>
        ))}
      </ul>
    </section>
  );
}

const offers: Record<string, string> = { terminal: "terminals" };

function RequestCard({ request: r }: { request: Request }) {
  const mayDecide = useCan("pairing:write");
  const [busy, setBusy] = useState(false);
  const answer = async (method: Decision, done: string) => {
    setBusy(true);
    await decide(method, r.device, `${r.name} ${done}`, `${r.name} is still waiting`);
    setBusy(false);
  };
  return (
    <Card className="p-5">
      <div className="flex items-start justify-between gap-3">
        <h3 className="truncate font-display text-xl font-semibold">{r.name}</h3>
        <Badge tone="accent">At the door</Badge>
      </div>
      <p className="mt-1 text-muted">
        {osName(r.os)} · {r.arch} · asked {ago(r.requestedAt)}
      </p>
      <ul className="mt-3 grid gap-1 text-[0.95rem]">
        <li>Belongs to {r.owner || (r.tags.length > 0 ? r.tags.join(", ") : "nobody that the tailnet names")}</li>
        <li>Works as the account {r.account}</li>
        <li>
          Offers{" "}
          {r.capabilities.length > 0 ? r.capabilities.map((c) => offers[c] ?? c).join(", ") : "nothing beyond being seen"}
        </li>
      </ul>
      {mayDecide && (
        <div className="mt-5 flex flex-wrap gap-2">
          <Button look="primary" disabled={busy} onClick={() => void answer("pairing.approve", "has joined")}>
            Let it join
          </Button>
          <Button disabled={busy} onClick={() => void answer("pairing.reject", "was turned away")}>
            Turn it away
          </Button>
        </div>
      )}
    </Card>
  );
}

/** The machines that were let in, and those that were removed again. */
function Decided({ paired }: { paired: Pairing[] }) {
  const mayDecide = useCan("pairing:write");
  const [asking, setAsking] = useState<{ pairing: Pairing; forget: boolean } | null>(null);
  const list = (title: string, some: Pairing[]) => (
    <PairedList
      title={title}
      pairings={some}
      mayDecide={mayDecide}
      onRemove={(p) => setAsking({ pairing: p, forget: false })}
      onForget={(p) => setAsking({ pairing: p, forget: true })}
      onReturn={(p) => void change(p, "pairing.approve", "is back in")}
    />
  );
  const change = (p: Pairing, method: Decision, done: string) =>
    decide(method, p.device, `${p.name} ${done}`, `Nothing has changed for ${p.name}`);
  return (
    <>
      {list("Part of this home", paired.filter((p) => !p.revoked))}
      {list("Removed", paired.filter((p) => p.revoked))}
      <Confirm
        open={asking !== null && !asking.forget}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Remove ${asking?.pairing.name ?? "this machine"}?`}
        description="Nobody reaches its terminals through Homie any more, and it stays out until you let it back in. Programs that run in them go on running on that computer: end them first if they should not."
        action="Remove it"
        danger
        onConfirm={() => change(asking!.pairing, "pairing.revoke", "was removed")}
      />
      <Confirm
        open={asking !== null && asking.forget}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Forget ${asking?.pairing.name ?? "this machine"}?`}
        description="Homie forgets that it was ever here. As a device it then has its owner’s rights again, and it may ask to join anew."
        action="Forget it"
        danger
        onConfirm={() => change(asking!.pairing, "pairing.forget", "is forgotten")}
      />
    </>
  );
}

interface PairedProps {
  mayDecide: boolean;
  onRemove: (p: Pairing) => void;
  onForget: (p: Pairing) => void;
  onReturn: (p: Pairing) => void;
}

function PairedList({ title, pairings: some, ...row }: PairedProps & { title: string; pairings: Pairing[] }) {
  const id = useId();
  if (some.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <h2 id={id} className="mb-3 font-display text-xl font-semibold">
        {title}
      </h2>
      <Card>
        <ul className="divide-y divide-line">
          {some.map((p) => (
            <PairedRow key={p.device} pairing={p} {...row} />
          ))}
        </ul>
      </Card>
    </section>
  );
}

function PairedRow({ pairing: p, mayDecide, onRemove, onForget, onReturn }: PairedProps & { pairing: Pairing }) {
  return (
    <li className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-4">
      <div className="min-w-40 flex-1">
        <p className="truncate font-medium">{p.name}</p>
        <p className="text-sm text-muted">
          {osName(p.os)} ·{" "}
          {p.revoked ? "stays out until you let it back in" : `let in by ${p.approvedBy || "the policy file"}, ${moment(p.pairedAt)}`}
        </p>
      </div>
      {mayDecide && !p.revoked && (
        <Button size="sm" look="outline" onClick={() => onRemove(p)}>
          Remove<span className="sr-only"> {p.name}</span>
        </Button>
      )}
      {mayDecide && p.revoked && (
        <div className="flex gap-2">
          <Button size="sm" look="primary" onClick={() => onReturn(p)}>
            Let it back in<span className="sr-only"> ({p.name})</span>
          </Button>
          <Button size="sm" look="outline" onClick={() => onForget(p)}>
            Forget<span className="sr-only"> {p.name}</span>
          </Button>
        </div>
      )}
    </li>
  );
}

/** The devices that are nobody's and no machines, and were let in here. */
function Devices({ devices }: { devices: PairedDevice[] }) {
  const mayDecide = useCan("pairing:write");
  const [asking, setAsking] = useState<PairedDevice | null>(null);
  return (
    <section aria-labelledby="devices">
      <h2 id="devices" className="mb-3 font-display text-xl font-semibold">
        Screens and tablets
      </h2>
      {devices.length > 0 && (
        <Card className="mb-4">
          <ul className="divide-y divide-line">
            {devices.map((d) => (
              <li key={d.device} className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-4">
                <div className="min-w-40 flex-1">
                  <p className="truncate font-medium">{d.name}</p>
                  <p className="text-sm wrap-anywhere text-muted">
                    {d.role} on {d.nodes.length > 0 ? d.nodes.join(", ") : "all machines"} · let in by {d.approvedBy}, {moment(d.pairedAt)}
                  </p>
                </div>
                {mayDecide && (
                  <Button size="sm" look="outline" onClick={() => setAsking(d)}>
                    Take its rights away<span className="sr-only"> ({d.name})</span>
                  </Button>
                )}
              </li>
            ))}
          </ul>
        </Card>
      )}
      {mayDecide && (
        <Link href="/pairing/device" className={buttonClass({ look: "outline" })}>
          Let in a device that shows a code
        </Link>
      )}
      <Confirm
        open={asking !== null}
        onOpenChange={(open) => !open && setAsking(null)}
        title={`Take the rights of ${asking?.name ?? "this device"} away?`}
        description="What it shows goes away within a second or two. What the tailnet’s policy file gives it stays."
        action="Take them away"
        danger
        onConfirm={() =>
          decide("pairing.device.revoke", asking!.device, `${asking!.name} is out`, `Nothing has changed for ${asking!.name}`)
        }
      />
    </section>
  );
}
