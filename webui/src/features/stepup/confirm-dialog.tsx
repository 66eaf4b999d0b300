import { useEffect, useRef, useState, type FormEvent } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { useLive } from "@/lib/live";
import { useStore } from "@/lib/store";
import { asRpcError } from "@/rpc/errors";
import { asking, type Asking } from "./asking";
import { confirmations, standing } from "./confirmations";
import { PasskeyButton, Words } from "./question";
import { holdWords } from "./words";

/** Has the person confirm what a call of this page was refused for. Rendered once. */
export function ConfirmDialog() {
  const first = useStore(asking)[0];
  return (
    <>
      <Settling />
      {first && <Asked key={first.what.id} asked={first} />}
    </>
  );
}

/** Ends the waiting for what was answered, here or elsewhere. */
function Settling() {
  const all = useStore(asking);
  const state = useLive(confirmations);
  const seen = useRef(new Set<string>());
  useEffect(() => {
    if (state.status !== "ready") return;
    for (const a of all) {
      const c = state.value.find((one) => one.id === a.what.id);
      if (c) seen.current.add(c.id);
      if (c && c.state !== "waiting") a.settle(c.state);
      // The gateway forgot it: it was started again, or much time has passed.
      else if (!c && seen.current.has(a.what.id)) a.settle("over");
    }
  }, [all, state]);
  return null;
}

function Asked({ asked }: { asked: Asking }) {
  const { id, words } = asked.what;
  const state = useLive(confirmations);
  const c = state.value?.find((one) => one.id === id);
  const giveUp = () => {
    client.call("stepup.confirmation.answer", { id, confirm: false }).catch(() => {}); // it ends by itself
    asked.settle("given-up");
  };
  return (
    <Dialog open onOpenChange={(open) => !open && giveUp()} title="Please confirm that it is you">
      <div className="min-h-0 overflow-y-auto">
        <Words>{words}</Words>
        <p role="status" className="flex items-start gap-3">
          <span aria-hidden className="breathe mt-2 size-2.5 shrink-0 rounded-full bg-lamp" />
          <span>Waiting for you: open Homie on another device of yours and say yes there. It goes on here by itself.</span>
        </p>
        {!c?.code && <Passkeys />}
        {c && <p className="mt-2 text-sm text-muted">{holdWords(c.holdMs, "this device")}</p>}
        {c?.code && <CodeForm id={id} />}
      </div>
      <div className="mt-5 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        <Button onClick={giveUp}>Cancel</Button>
        <PasskeyButton id={id} onDone={() => asked.settle("confirmed")} />
      </div>
    </Dialog>
  );
}

/** What else there would be than another device. */
function Passkeys() {
  const state = useLive(standing);
  if (state.status !== "ready") return null;
  const { domain, passkeys } = state.value;
  let says = "";
  if (domain === "") says = "Passkeys need HTTPS, which this home has not, so only another device of yours can confirm it.";
  else if (domain !== window.location.hostname) says = `Passkeys work at https://${domain}, not at this address.`;
  else if (passkeys.length === 0) says = "With a passkey you could confirm it right here. The page “Who am I” adds one.";
  return says && <p className="mt-2 text-sm text-muted">{says}</p>;
}

/** Takes a one-time code, for whoever has no other device yet. */
function CodeForm({ id }: { id: string }) {
  const [code, setCode] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const send = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await client.call("stepup.confirmation.code", { id, code });
    } catch (err) {
      setError(asRpcError(err).message);
    } finally {
      setBusy(false);
    }
  };
  return (
    <form onSubmit={(e) => void send(e)} className="mt-4 border-t border-line pt-4">
      <TextField
        label="No other device? A one-time code"
        hint={
          <>
            Run <code className="font-mono">homie stepup code</code> on the machine that Homie’s gateway runs on; it shows one.
          </>
        }
        error={error}
        value={code}
        maxLength={32}
        autoCapitalize="characters"
        className="font-mono uppercase"
        onChange={(e) => setCode(e.target.value)}
      />
      <Button type="submit" className="mt-2" disabled={busy || code.trim() === ""}>
        Use the code
      </Button>
    </form>
  );
}
