import { KeyRound, Pencil, Plus, Trash2 } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import type { Passkey, Status, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { Check, TextField } from "@/components/ui/field";
import { toastDone, toastError } from "@/components/ui/toast";
import { moment } from "@/lib/format";
import { useLive } from "@/lib/live";
import { standing } from "./confirmations";
import { addPasskey, passkeysWork } from "./passkeys";
import { ruleWords } from "./words";

/** How the person confirms that it is them: this device, and their passkeys. */
export function ConfirmationsCard({ me }: { me: Whoami }) {
  const state = useLive(standing);
  if (state.status !== "ready") return null;
  const s = state.value;
  return (
    <Card className="p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">Confirming that it is you</h2>
      <p className="mt-1 text-muted">{ruleWords(s.rule, s.holdMs)}</p>
      {!s.personal && <p className="mt-3">This device belongs to no person, so nothing can be confirmed on it.</p>}
      {s.personal && s.rule !== "never" && <ThisDevice s={s} />}
      {s.personal && <Passkeys me={me} s={s} />}
    </Card>
  );
}

async function attempt(failed: string, done: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
    if (done) toastDone(done);
  } catch (err) {
    toastError(failed, err);
  }
}

function ThisDevice({ s }: { s: Status }) {
  const [asked, setAsked] = useState<boolean | null>(null); // until what is true was read
  useEffect(() => setAsked(null), [s]);
  const share = async (shared: boolean) => {
    setAsked(shared);
    await attempt(
      shared ? "This device could not be marked" : "This device is still marked as shared",
      shared ? "This device asks each time from now on" : "This device counts as your own",
      () => client.call("stepup.device.update", { shared }),
    );
    standing.refresh(); // what is true shows when it has been read, whatever became of it
  };
  return (
    <div className="mt-4 border-t border-line pt-4">
      <p role="status">
        {s.shared
          ? "This device asks each time."
          : s.until
            ? `This device need not ask until ${moment(s.until)}.`
            : "This device asks the next time."}
      </p>
      {s.until && (
        <Button
          className="mt-2"
          onClick={() => void attempt("It could not be ended", "This device asks again from now on", () => client.call("stepup.end", {}))}
        >
          Ask again from now on
        </Button>
      )}
      <div className="mt-2">
        <Check
          label="Others use this device, too"
          hint="It asks each time then, and confirms nothing for your other devices."
          checked={asked ?? s.shared}
          onChange={(e) => void share(e.target.checked)}
        />
      </div>
    </div>
  );
}

function Passkeys({ me, s }: { me: Whoami; s: Status }) {
  const [adding, setAdding] = useState(false);
  const works = passkeysWork(s);
  return (
    <div className="mt-4 border-t border-line pt-4">
      <h3 className="font-semibold">Passkeys</h3>
      <p className="mt-1 text-sm text-muted">
        {works
          ? "With a passkey you confirm by your finger, your face, or the PIN of your device, without a second device."
          : s.domain
            ? `Passkeys work at https://${s.domain}.`
            : "Passkeys need HTTPS, which this home has not. Another device of yours confirms instead."}
      </p>
      <ul className="mt-3 grid gap-2">
        {s.passkeys.map((key) => (
          <PasskeyRow key={key.id} passkey={key} />
        ))}
      </ul>
      {works && (
        <Button className="mt-3" onClick={() => setAdding(true)}>
          <Plus aria-hidden />
          Add a passkey
        </Button>
      )}
      <NameDialog
        open={adding}
        title="Add a passkey"
        says="Homie asks you to confirm it, and then this device, or a security key, makes the passkey."
        name={me.device?.name ?? ""}
        action="Go on"
        onClose={() => setAdding(false)}
        onName={(name) => attempt("No passkey was added", "The passkey was added", () => addPasskey(name))}
      />
    </div>
  );
}

function PasskeyRow({ passkey }: { passkey: Passkey }) {
  const [renaming, setRenaming] = useState(false);
  const [removing, setRemoving] = useState(false);
  const { id, name } = passkey;
  return (
    <li className="flex items-center gap-3 rounded-xl bg-sunken py-2 pr-2 pl-4">
      <KeyRound aria-hidden className="size-5 shrink-0 text-accent-ink" />
      <div className="min-w-0 flex-1">
        <p className="font-medium wrap-anywhere">{name}</p>
        <p className="text-sm text-muted">
          added on {passkey.device}, {passkey.lastUsedAt ? `used ${moment(passkey.lastUsedAt)}` : "not used yet"}
        </p>
      </div>
      <Button look="ghost" size="iconSm" aria-label={`Rename ${name}`} onClick={() => setRenaming(true)}>
        <Pencil aria-hidden />
      </Button>
      <Button look="ghost" size="iconSm" aria-label={`Remove ${name}`} onClick={() => setRemoving(true)}>
        <Trash2 aria-hidden />
      </Button>
      <NameDialog
        open={renaming}
        title="Rename the passkey"
        name={name}
        action="Rename"
        onClose={() => setRenaming(false)}
        onName={(to) => attempt("It was not renamed", "", () => client.call("stepup.passkey.update", { id, name: to }))}
      />
      <Confirm
        open={removing}
        onOpenChange={setRemoving}
        title={`Remove ${name}?`}
        description="It confirms nothing any more. The device that holds it shows it until you remove it there, too."
        action="Remove it"
        danger
        onConfirm={() => void attempt("It was not removed", "The passkey was removed", () => client.call("stepup.passkey.delete", { id }))}
      />
    </li>
  );
}

interface NameDialogProps {
  open: boolean;
  title: string;
  says?: string;
  name: string;
  action: string;
  onClose: () => void;
  onName: (name: string) => Promise<void>;
}

/** Asks what a passkey is called. */
function NameDialog({ open, title, says, action, onClose, onName, ...rest }: NameDialogProps) {
  const [name, setName] = useState<string | null>(null);
  const now = name ?? rest.name;
  const done = (e: FormEvent) => {
    e.preventDefault();
    setName(null);
    onClose();
    void onName(now.trim());
  };
  return (
    <Dialog open={open} onOpenChange={(stays) => !stays && onClose()} title={title} description={says}>
      <form onSubmit={done} className="mt-4">
        <TextField data-first label="What you call it" value={now} maxLength={60} onChange={(e) => setName(e.target.value)} />
        <div className="mt-4 flex justify-end">
          <Button type="submit" look="primary" disabled={now.trim() === ""}>
            {action}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
