import { useEffect, useState } from "react";
import { client } from "@/app/client";
import { Mark } from "@/components/mark";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";
import { RetryIn } from "./connection-banner";

const PATIENCE = 400;

/** What is shown until Homie has said who is calling. */
export function Opening() {
  const status = useStore(client.status);
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE);
    return () => clearTimeout(timer);
  }, []);
  const failed = status.phase === "waiting" || status.phase === "stopped" || (status.phase === "connecting" && status.attempt > 0);
  if (!failed && !late) return null; // most openings are faster than a flash
  return (
    <main className="room mx-auto grid min-h-dvh max-w-md content-center justify-items-start px-6 pb-20">
      <Mark className={`size-16 ${failed ? "" : "breathe"}`} />
      {failed ? <Unreachable /> : <p role="status" className="mt-5 font-display text-2xl">Opening the door…</p>}
    </main>
  );
}

function Unreachable() {
  const status = useStore(client.status);
  const error = status.phase === "waiting" || status.phase === "stopped" ? status.error : null;
  return (
    <div role="alert">
      <h1 className="mt-5 font-display text-3xl font-semibold">{error ? "Homie did not open" : "Homie can’t be reached"}</h1>
      {error ? (
        <p className="mt-2 text-muted">{error.message}</p>
      ) : (
        <ul className="mt-3 list-disc space-y-1 pl-5 text-muted">
          <li>Is Tailscale switched on, on this device?</li>
          <li>Is the machine that runs Homie online?</li>
        </ul>
      )}
      {error?.requestId && <p className="mt-2 font-mono text-xs text-muted">Request {error.requestId}</p>}
      <div className="mt-6 flex flex-wrap items-center gap-4">
        <Button
          look="primary"
          onClick={() => (status.phase === "stopped" ? window.location.reload() : client.wake())}
        >
          {status.phase === "stopped" ? "Load again" : "Try now"}
        </Button>
        <span className="text-sm text-muted">
          {status.phase === "waiting" ? <RetryIn at={status.retryAt} /> : status.phase === "connecting" ? "Trying…" : ""}
        </span>
      </div>
    </div>
  );
}
