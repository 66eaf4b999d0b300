import { useEffect, useState } from "react";
import type { AskingDevice } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { TextField } from "@/components/ui/field";
import { PageHead } from "@/components/ui/states";
import { toastDone, toastError } from "@/components/ui/toast";
import { osName } from "@/lib/format";
import { useLive } from "@/lib/live";
import { navigate } from "@/lib/router";
import { machines } from "@/features/presence/machines";

/** What stood behind # when the page was opened: it is read once, and is gone from the address. */
function takeFragment(): string {
  const secret = window.location.hash.slice(1);
  if (secret) window.history.replaceState(null, "", window.location.pathname);
  return secret;
}

/** An owner lets in a device that shows a code. */
export function DevicePage() {
  const [secret, setSecret] = useState("");
  const [typed, setTyped] = useState("");
  const [asks, setAsks] = useState<AskingDevice | null>(null);
  const [problem, setProblem] = useState<string | null>(null);

  const look = async (with_: string) => {
    try {
      setAsks(await client.call("pairing.device.get", { secret: with_ }));
      setSecret(with_);
      setProblem(null);
    } catch (err) {
      setAsks(null);
      setProblem(err instanceof Error ? err.message : String(err));
    }
  };

  useEffect(() => {
    const read = takeFragment();
    if (read) void look(read);
  }, []);

  return (
    <>
      <PageHead title="Let a device in">A tablet on the wall, or a screen in the hall, that is nobody’s.</PageHead>
      {asks ? (
        <Choose asks={asks} secret={secret} onBack={() => setAsks(null)} />
      ) : (
        <Card className="max-w-xl p-5 sm:p-6">
          <form
            onSubmit={(e) => {
              e.preventDefault();
              void look(typed.trim());
            }}
          >
            <TextField
              label="The code on its screen"
              value={typed}
              autoComplete="off"
              autoCapitalize="characters"
              spellCheck={false}
              maxLength={16}
              placeholder="ABCD-EFGH"
              error={problem}
              onChange={(e) => setTyped(e.target.value)}
            />
            <Button type="submit" look="primary" className="mt-4" disabled={typed.trim() === ""}>
              Go on
            </Button>
          </form>
        </Card>
      )}
    </>
  );
}

const roles = [
  { role: "kiosk", name: "A screen for everybody", what: "sees how the machines are, and nobody’s own things" },
  { role: "guest", name: "A guest", what: "sees how the machines are, as a visitor of the house does" },
];

/** Which device it is, as the tailnet knows it, and what it may. */
function Choose({ asks, secret, onBack }: { asks: AskingDevice; secret: string; onBack: () => void }) {
  const [role, setRole] = useState("kiosk");
  const [some, setSome] = useState<string[]>([]);
  const [busy, setBusy] = useState(false);
  const known = useLive(machines);
  const all = known.status === "ready" ? known.value : [];

  const approve = async () => {
    setBusy(true);
    try {
      await client.call("pairing.device.approve", { secret, device: asks.device, role, nodes: some });
      toastDone(`${asks.name} is in`);
      navigate("/pairing");
    } catch (err) {
      toastError(`${asks.name} is not in`, err);
    }
    setBusy(false);
  };

  return (
    <Card className="max-w-xl p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold wrap-anywhere">{asks.name}</h2>
      <p className="mt-1 text-muted wrap-anywhere">
        {asks.tags.join(", ")} · {asks.addr}
        {asks.os && ` · ${osName(asks.os)}`}
      </p>
      <p className="mt-1 text-sm text-muted wrap-anywhere">Its id in the tailnet is {asks.device}.</p>
      <fieldset className="mt-5">
        <legend className="mb-2 font-medium">It may be</legend>
        {roles.map((r) => (
          <label key={r.role} className="flex min-h-11 items-center gap-3">
            <input type="radio" name="role" className="size-5" checked={role === r.role} onChange={() => setRole(r.role)} />
            <span>
              {r.name}: <span className="text-muted">{r.what}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <fieldset className="mt-5">
        <legend className="mb-2 font-medium">It sees {some.length === 0 ? "all machines" : "these machines"}</legend>
        {all.map((m) => (
          <label key={m.device} className="flex min-h-11 items-center gap-3">
            <input
              type="checkbox"
              className="size-5"
              checked={some.includes(m.name)}
              onChange={(e) => setSome(e.target.checked ? [...some, m.name] : some.filter((n) => n !== m.name))}
            />
            Only {m.name}
          </label>
        ))}
      </fieldset>
      <div className="mt-6 flex flex-wrap gap-2">
        <Button look="primary" disabled={busy} onClick={() => void approve()}>
          Let it in
        </Button>
        <Button disabled={busy} onClick={onBack}>
          It is another one
        </Button>
      </div>
    </Card>
  );
}
