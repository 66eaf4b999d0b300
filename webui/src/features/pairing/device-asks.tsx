import { useEffect, useState } from "react";
import type { DeviceSecret, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Card } from "@/components/ui/card";
import { QR } from "@/components/ui/qr";
import { Failed, Loading } from "@/components/ui/states";
import { asRpcError, type RpcError } from "@/rpc/errors";

/**
 * What a device that is nobody's shows to an owner, who lets it in with a phone.
 * It counts for ten minutes, and then there is a fresh one.
 */
export function DeviceAsks({ me }: { me: Whoami }) {
  const [secret, setSecret] = useState<DeviceSecret | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  const [again, setAgain] = useState(0);

  useEffect(() => {
    let over = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    client.call("pairing.device.ask", {}).then(
      (got) => {
        if (over) return;
        setSecret(got);
        setError(null);
        timer = setTimeout(() => setAgain((n) => n + 1), Math.max(10_000, Date.parse(got.expiresAt) - Date.now()));
      },
      (err) => {
        const failed = asRpcError(err);
        if (!over && failed.reason !== "canceled") setError(failed);
      },
    );
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [again]);

  const home = me.home || window.location.origin;
  return (
    <Card className="mt-8 p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">Let this device in</h2>
      <p className="mt-1 text-muted">
        Point the camera of an owner’s phone at the square. They see that it is {me.name}, and say what it may show.
      </p>
      {error && <Failed error={error} onRetry={() => setAgain((n) => n + 1)} />}
      {!error && !secret && <Loading what="the code" />}
      {!error && secret && (
        <>
          <div className="mt-5">
            {/* What stands behind # is sent to nobody. */}
            <QR label="What an owner’s phone reads, as a QR code" text={`${home}/pairing/device#${secret.nonce}`} />
          </div>
          <p className="mt-5 text-center text-muted">
            Or open <span className="wrap-anywhere text-ink">{home.replace(/^https?:\/\//, "")}/pairing/device</span> as an owner, and type
          </p>
          <p className="mt-1 text-center font-mono text-2xl tracking-widest" aria-label="The code to type">
            {secret.code}
          </p>
        </>
      )}
    </Card>
  );
}
