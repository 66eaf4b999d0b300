import { client } from "@/app/client";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";

/** The state of the connection in a word, with the round trip time. */
export function ConnectionState() {
  const status = useStore(client.status);
  const open = status.phase === "open";
  const rtt = open && status.rttMs !== null ? `${status.rttMs} ms` : "";
  const word = open ? "Connected" : status.phase === "connecting" ? "Connecting" : "Not connected";
  return (
    <div
      className="flex min-h-9 items-center gap-2 rounded-full px-2 text-sm whitespace-nowrap text-muted sm:px-3"
      title={rtt ? `Connected to Homie, ${rtt} there and back` : word}
    >
      <span
        aria-hidden
        className={cn("size-2.5 shrink-0 rounded-full", open ? "bg-good" : "breathe bg-lamp")}
      />
      <span className={cn(open && "max-sm:sr-only")}>{word}</span>
      {rtt && <span className="tabular-nums max-sm:text-xs">{rtt}</span>}
    </div>
  );
}
