import { Fingerprint } from "lucide-react";
import { useState, type ReactNode } from "react";
import type { Confirmation } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { toastError } from "@/components/ui/toast";
import { ago } from "@/lib/format";
import { useLive } from "@/lib/live";
import { standing } from "./confirmations";
import { confirmByPasskey, passkeysWork } from "./passkeys";
import { holdWords } from "./words";

/** What is to be confirmed, so that it can't be overlooked. */
export function Words({ children }: { children: ReactNode }) {
  return <p className="my-4 rounded-xl border-l-4 border-lamp bg-sunken px-4 py-3 text-lg font-medium wrap-anywhere">{children}</p>;
}

/** Confirms by a passkey, where there is one and it works here. */
export function PasskeyButton({ id, onDone }: { id: string; onDone: () => void }) {
  const state = useLive(standing);
  const [busy, setBusy] = useState(false);
  if (state.status !== "ready" || state.value.passkeys.length === 0 || !passkeysWork(state.value)) return null;
  const use = async () => {
    setBusy(true);
    try {
      await confirmByPasskey(id);
      onDone();
    } catch (err) {
      toastError("The passkey did not confirm it", err);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Button data-first look="primary" disabled={busy} onClick={() => void use()}>
      <Fingerprint aria-hidden />
      Use a passkey
    </Button>
  );
}

/** Something that waits for the person, with all that they need to decide. */
export function Question({ c, onDone }: { c: Confirmation; onDone: () => void }) {
  const [busy, setBusy] = useState(false);
  const answer = async (confirm: boolean) => {
    setBusy(true);
    try {
      await client.call("stepup.confirmation.answer", { id: c.id, confirm });
      onDone();
    } catch (err) {
      toastError(confirm ? "It was not confirmed" : "It was not denied", err);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <p className="mt-3">
        {c.here ? "This device" : <strong>{c.deviceOf}</strong>} wants to do this as you. It asked {ago(c.askedAt)}.
      </p>
      <Words>{c.words}</Words>
      <p className="text-sm text-muted">
        {holdWords(c.holdMs, c.here ? "this device" : c.deviceOf)} If it was not you who asked, deny it.
      </p>
      {c.here && <p className="mt-2 text-sm text-muted">Confirm it with a passkey, or open Homie on another device of yours.</p>}
      <div className="mt-5 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        <Button look="danger" disabled={busy} onClick={() => void answer(false)}>
          No, deny it
        </Button>
        {c.here ? (
          <PasskeyButton id={c.id} onDone={onDone} />
        ) : (
          <Button look="primary" disabled={busy} onClick={() => void answer(true)}>
            Yes, it is me
          </Button>
        )}
      </div>
    </>
  );
}
