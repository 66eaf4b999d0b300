import { BellRing, Plus, Send, Smartphone, Trash2, Webhook } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import type { Preferences, Registration, TestResult } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog } from "@/components/ui/dialog";
import { Select, TextField } from "@/components/ui/field";
import { Failed } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { ago, never } from "@/lib/format";
import { useLive } from "@/lib/live";
import { useStore } from "@/lib/store";
import { asRpcError } from "@/rpc/errors";
import { preferences } from "./preferences";
import { lookAtPush, pushState, turnOff, turnOn, type PushState } from "./push";

/** Where a person is told things, and whether it works. */
export function PlacesCard() {
  const state = useLive(preferences);
  if (state.status === "error") return <Failed error={state.error} onRetry={preferences.refresh} />;
  if (state.status !== "ready") return null;
  return <Places p={state.value} />;
}

function Places({ p }: { p: Preferences }) {
  const [result, setResult] = useState<TestResult | null>(null);
  const [busy, setBusy] = useState(false);
  const [adding, setAdding] = useState(false);
  const test = async () => {
    setBusy(true);
    setResult(null);
    try {
      setResult(await client.call("notifications.test", {}));
    } catch (err) {
      toastError("The test could not be sent", err);
    }
    setBusy(false);
  };
  return (
    <Card className="p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">Where you are told</h2>
      <ThisDevice p={p} />
      {p.registrations.length > 0 && (
        <ul className="mt-4 grid gap-2">
          {p.registrations.map((r) => (
            <PlaceRow key={r.id} place={r} result={result?.deliveries.find((d) => d.id === r.id)} />
          ))}
        </ul>
      )}
      <div className="mt-4 flex flex-wrap gap-2">
        <Button disabled={busy} onClick={() => void test()}>
          <Send aria-hidden />
          {busy ? "Sending…" : "Send me a test"}
        </Button>
        <Button look="ghost" onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Somewhere else
        </Button>
      </div>
      <p role="status" className="mt-2 text-sm text-muted">
        {result && testWords(result)}
      </p>
      {adding && <PlaceDialog onClose={() => setAdding(false)} />}
    </Card>
  );
}

function testWords({ deliveries }: TestResult): string {
  if (deliveries.length === 0) return "It is in your notifications here. Nothing else is set up yet.";
  const failed = deliveries.filter((d) => !d.ok).length;
  if (failed === 0) return "It was sent everywhere. If a device stays silent, look at its own settings for notifications.";
  return failed === deliveries.length ? "It could not be sent anywhere." : "It could not be sent everywhere.";
}

const states: Record<Exclude<PushState, "off" | "on" | "unknown">, string> = {
  insecure: "This page is not on HTTPS, so that this device can’t be told while Homie is closed.",
  unsupported: "This browser can’t be told things while Homie is closed.",
  install: "On an iPhone or iPad, add Homie to the Home Screen first: tap Share, then “Add to Home Screen”, and open it from there.",
  denied: "This browser was told not to show notifications of Homie. You can change that in its settings for this page.",
};

function ThisDevice({ p }: { p: Preferences }) {
  const state = useStore(pushState);
  const here = p.registrations.find((r) => r.here);
  useEffect(() => {
    void lookAtPush(p.registrations, p.pushKey).catch((err: unknown) => toastError("This device could not be looked at", err));
  }, [p]);
  if (state === "unknown") return null;
  if (state !== "off" && state !== "on") return <p className="mt-3">{states[state]}</p>;
  const toggle = async () => {
    try {
      if (state === "on") await turnOff(here);
      else await turnOn(p.pushKey);
    } catch (err) {
      toastError(state === "on" ? "This device is still told" : "This device could not be set up", pushError(err));
    }
  };
  return (
    <div className="mt-3">
      <p>{state === "on" ? "This device is told, even while Homie is closed." : "This device is told nothing while Homie is closed."}</p>
      <Button className="mt-3" look={state === "on" ? "quiet" : "primary"} onClick={() => void toggle()}>
        <BellRing aria-hidden />
        {state === "on" ? "Stop telling this device" : "Tell this device"}
      </Button>
    </div>
  );
}

/** What browsers say of their push service is for nobody. */
function pushError(err: unknown): unknown {
  if (!(err instanceof DOMException)) return err;
  return new Error("The browser’s own service for notifications could not be reached. See that this device is online, and try again.");
}

function PlaceRow({ place, result }: { place: Registration; result: TestResult["deliveries"][number] | undefined }) {
  const Icon = place.kind === "webpush" ? Smartphone : Webhook;
  const problem = result ? result.problem : place.problem;
  const remove = async () => {
    try {
      if (place.here) await turnOff(place);
      else await client.call("notifications.unregister", { id: place.id });
      toastDone(`${place.name} is told nothing any more`);
    } catch (err) {
      toastError("It is still told", err);
    }
  };
  return (
    <li className="flex items-center gap-3 rounded-xl bg-sunken py-2 pr-2 pl-4">
      <Icon aria-hidden className="size-5 shrink-0 text-accent-ink" />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">
          <bdi>{place.name}</bdi>
          {place.here && <span className="font-normal text-muted"> · this device</span>}
        </p>
        <p className={problem ? "text-sm text-bad" : "text-sm text-muted"}>
          {problem ? `Nothing arrives: ${problem}.` : result ? "The test was sent." : never(place.lastAt) ? place.host : `Last told ${ago(place.lastAt)}`}
        </p>
      </div>
      <Button look="ghost" size="iconSm" aria-label={`Stop telling ${place.name}`} onClick={() => void remove()}>
        <Trash2 aria-hidden />
      </Button>
    </li>
  );
}

function PlaceDialog({ onClose }: { onClose: () => void }) {
  const [kind, setKind] = useState<"ntfy" | "webhook">("ntfy");
  const [url, setURL] = useState("");
  const [token, setToken] = useState("");
  const [name, setName] = useState("");
  const [error, setError] = useState<string | null>(null);
  const add = async (e: FormEvent) => {
    e.preventDefault();
    try {
      await client.call("notifications.register", { kind, url: url.trim(), token: token.trim(), name: name.trim() || new URL(url.trim()).host });
      onClose();
    } catch (err) {
      setError(err instanceof TypeError ? "This is no address. It starts with https://." : asRpcError(err).message);
    }
  };
  return (
    <Dialog open title="Somewhere else" description="Have what happens sent to an ntfy topic, or to a server of your own." onOpenChange={(open) => !open && onClose()}>
      <form className="mt-4 grid gap-4" onSubmit={(e) => void add(e)}>
        <Select label="What it is" value={kind} onChange={(e) => setKind(e.target.value === "webhook" ? "webhook" : "ntfy")}>
          <option value="ntfy">An ntfy topic</option>
          <option value="webhook">A server that takes JSON (webhook)</option>
        </Select>
        <TextField
          label="Address"
          type="url"
          required
          placeholder={kind === "ntfy" ? "https://ntfy.sh/my-topic" : "https://example.com/hook"}
          value={url}
          error={error}
          onChange={(e) => setURL(e.target.value)}
        />
        <TextField label="Token" hint="If it asks for one. It is kept in the gateway and never shown again." value={token} onChange={(e) => setToken(e.target.value)} />
        <TextField label="Name" maxLength={60} value={name} onChange={(e) => setName(e.target.value)} />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary">
            Add
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
