import { useEffect, useState } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { useNow } from "@/lib/clock";
import { useStore } from "@/lib/store";
import type { Status } from "@/rpc/client";
import { FloatingNote } from "./floating-note";

/** A short break heals unseen; only a longer one is worth words. */
const PATIENCE = 700;

/** Says that the connection is lost and when it is tried again. */
export function ConnectionBanner() {
  const status = useStore(client.status);
  const broken = status.phase !== "open";
  const [shown, setShown] = useState(false);
  const [spoken, setSpoken] = useState("");
  useEffect(() => {
    if (broken) {
      const timer = setTimeout(() => {
        setShown(true);
        setSpoken("The connection to Homie is lost. It is being restored.");
      }, PATIENCE);
      return () => clearTimeout(timer);
    }
    setShown(false);
    setSpoken((before) => (before ? "Connected again." : ""));
    return undefined;
  }, [broken]);
  return (
    <>
      {/* Spoken once for each change; the seconds below are for the eye. */}
      <p className="sr-only" aria-live="polite">
        {spoken}
      </p>
      {shown && broken && <Banner status={status} />}
    </>
  );
}

function Banner({ status }: { status: Status }) {
  return (
    <FloatingNote>
      <span aria-hidden className="breathe size-2.5 shrink-0 rounded-full bg-lamp" />
      <BannerText status={status} />
    </FloatingNote>
  );
}

function BannerText({ status }: { status: Status }) {
  if (status.phase === "stopped") {
    return (
      <>
        <p className="text-sm font-medium">{status.error.message}</p>
        <Button size="sm" look="primary" onClick={() => window.location.reload()}>
          Load again
        </Button>
      </>
    );
  }
  if (status.phase !== "waiting") return <p className="py-1.5 pr-3 text-sm font-medium">Reconnecting…</p>;
  return (
    <>
      <div className="text-sm">
        <p className="font-medium">
          <RetryIn at={status.retryAt} />
        </p>
        {status.error && <p className="text-muted">{status.error.message}</p>}
      </div>
      <Button size="sm" look="quiet" onClick={() => client.wake()}>
        Try now
      </Button>
    </>
  );
}

export function RetryIn({ at }: { at: number }) {
  const seconds = Math.max(1, Math.ceil((at - useNow(500)) / 1000));
  return <span className="tabular-nums">Reconnecting in {seconds} s</span>;
}
