import type { Machine } from "@/gen/api";
import { Badge } from "@/components/ui/badge";
import { Meter } from "@/components/ui/meter";
import { useNow } from "@/lib/clock";
import { bytes, duration, never, osName, seen } from "@/lib/format";

/** How busy it is, memory and disk as small bars. */
export function Health({ machine }: { machine: Machine }) {
  const h = machine.health;
  if (!h) return <p className="text-sm text-muted">No readings yet.</p>;
  return (
    <div className="grid grid-cols-3 gap-4">
      <Meter stacked label="Busy" text={percent(Math.min(h.load1, h.cpus), h.cpus)} value={part(h.load1, h.cpus)} />
      <Meter stacked label="Memory" text={percent(h.memoryUsed, h.memoryTotal)} value={part(h.memoryUsed, h.memoryTotal)} />
      <Meter stacked label="Disk" text={percent(h.diskUsed, h.diskTotal)} value={part(h.diskUsed, h.diskTotal)} />
    </div>
  );
}

/** The same readings with their sizes, for a machine's own page. */
export function HealthInFull({ machine }: { machine: Machine }) {
  const h = machine.health;
  if (!h) return <p className="text-muted">No readings yet.</p>;
  const cores = h.cpus === 1 ? "1 core" : `${h.cpus} cores`;
  return (
    <div className="grid gap-5">
      <Meter label="Busy" text={`load ${h.load1.toFixed(2)} on ${cores}`} value={part(h.load1, h.cpus)} />
      <Meter
        label="Memory"
        text={`${bytes(h.memoryUsed)} of ${bytes(h.memoryTotal)}`}
        value={part(h.memoryUsed, h.memoryTotal)}
      />
      <Meter
        label="Disk"
        text={`${bytes(h.diskUsed)} of ${bytes(h.diskTotal)}`}
        value={part(h.diskUsed, h.diskTotal)}
      />
    </div>
  );
}

function part(used: number, total: number): number {
  return total > 0 ? used / total : 0;
}

function percent(used: number, total: number): string {
  return `${Math.round(part(used, total) * 100)} %`;
}

/** How this machine is reached: directly or through a relay, and how fast. */
export function Reach({ machine }: { machine: Machine }) {
  if (!machine.online) return <Badge>Offline</Badge>;
  const { kind, relay, latencyMs } = machine.connection;
  const fast = latencyMs === undefined ? "" : ` · ${latencyMs < 1 ? "<1" : Math.round(latencyMs)} ms`;
  if (kind === "direct") return <Badge tone="good" title="A direct connection to this machine">Direct{fast}</Badge>;
  if (kind === "relay") {
    return (
      <Badge tone="warn" title={relay ? `Through the relay ${relay}` : "Through a relay"}>
        Relayed{fast}
      </Badge>
    );
  }
  return <Badge tone="good">Online{fast}</Badge>;
}

/** "Linux · on for 3 days", or when the machine was last seen. */
export function Since({ machine }: { machine: Machine }) {
  useNow(machine.online ? 20_000 : 1_000);
  const os = osName(machine.os);
  if (!machine.online) {
    return <>{`${os} · ${never(machine.lastSeen) ? "not seen since Homie started" : `last seen ${seen(machine.lastSeen)}`}`}</>;
  }
  if (!machine.health) return <>{`${os} · online`}</>;
  return <>{`${os} · on for ${duration(machine.health.uptimeMs)}`}</>;
}
