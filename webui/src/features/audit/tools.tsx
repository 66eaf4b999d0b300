import { Download, ShieldCheck } from "lucide-react";
import { useState } from "react";
import type { AuditListParams, Verification } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select, TextField } from "@/components/ui/field";
import { toastDone, toastError } from "@/components/ui/toast";

/** What is looked for; empty for everything. */
export type Wanted = Pick<AuditListParams, "person" | "device" | "method" | "target" | "decision" | "from" | "to">;

/** Fields to look for something in the activity. */
export function Search({ onSearch }: { onSearch: (wanted: Wanted) => void }) {
  const search = (form: HTMLFormElement) => {
    const data = new FormData(form);
    const text = (name: string) => String(data.get(name) ?? "").trim() || undefined;
    const day = (name: string, later: number) => {
      const value = text(name);
      if (!value) return undefined;
      const at = new Date(`${value}T00:00`);
      at.setDate(at.getDate() + later);
      return at.toISOString();
    };
    const all = {
      person: text("person"),
      device: text("device"),
      method: text("method"),
      target: text("target"),
      decision: text("decision"),
      from: day("from", 0),
      to: day("to", 1),
    };
    onSearch(Object.fromEntries(Object.entries(all).filter(([, v]) => v !== undefined)) as Wanted);
  };
  return (
    <form
      aria-label="Look for something"
      className="mb-5 grid grid-cols-2 items-end gap-3 sm:grid-cols-4"
      onSubmit={(e) => {
        e.preventDefault();
        search(e.currentTarget);
      }}
    >
      <TextField label="Who" name="person" maxLength={60} />
      <TextField label="From which device" name="device" maxLength={60} />
      <TextField label="Did what" name="method" placeholder="terminal." maxLength={60} autoCapitalize="none" />
      <TextField label="To what" name="target" maxLength={60} />
      <Select label="How it went" name="decision" defaultValue="">
        <option value="">However</option>
        <option value="allowed">Done</option>
        <option value="denied">Refused</option>
        <option value="failed">Failed</option>
        <option value="asked">To be confirmed</option>
      </Select>
      <TextField label="Since" name="from" type="date" />
      <TextField label="Until" name="to" type="date" />
      <Button type="submit" look="outline">
        Look
      </Button>
    </form>
  );
}

/** Saves the whole log, and checks that nothing in it was changed. */
export function Tools() {
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Verification | null>(null);

  const work = async (failed: string, do_: () => Promise<void>) => {
    setBusy(true);
    try {
      await do_();
    } catch (err) {
      toastError(failed, err);
    }
    setBusy(false);
  };
  return (
    <>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button disabled={busy} onClick={() => void work("The activity could not be saved", save)}>
          <Download aria-hidden />
          Download
        </Button>
        <Button
          disabled={busy}
          onClick={() => void work("The activity could not be checked", async () => setFound(await client.call("audit.verify", {})))}
        >
          <ShieldCheck aria-hidden />
          Check
        </Button>
      </div>
      {found && <Found found={found} />}
    </>
  );
}

/** Each line as the gateway keeps it, so that the file can be checked. */
async function save(): Promise<void> {
  const parts: string[] = [];
  let after = 0;
  do {
    const page = await client.call("audit.export", after ? { after } : {});
    parts.push(...page.lines.map((line) => line + "\n"));
    after = page.next;
  } while (after);
  const address = URL.createObjectURL(new Blob(parts, { type: "application/jsonl" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = `homie-audit-${new Date().toISOString().slice(0, 10)}.jsonl`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
  toastDone(`${parts.length} entries saved`);
}

function Found({ found: { verdict: v, machines } }: { found: Verification }) {
  const seen = machines.filter((m) => m.kept && m.kept.heads.length > 0).map((m) => m.node);
  const whole = v.breaks.length === 0;
  return (
    <Card className="mt-4 p-5">
      <div role="status">
        <p className="font-medium">
          {whole
            ? `Nothing in these ${v.lines} entries was changed or removed.`
            : "Somebody changed the activity log, or its disk is damaged."}
        </p>
        <ul className="mt-2 grid gap-1 text-sm wrap-anywhere text-muted">
          {v.breaks.map((b, i) => (
            <li key={i} className="text-bad">
              {b.problem}
            </li>
          ))}
          {v.more ? <li className="text-bad">and in {v.more} places more</li> : null}
          {v.notes.map((n, i) => (
            <li key={i}>{n}</li>
          ))}
          <li>
            {seen.length > 0
              ? `${seen.join(", ")} remember how far it was.`
              : "No machine could be asked how far it was, so that something could be missing at the end."}
          </li>
          <li>
            The last is {v.head.seq}: <code>{v.head.hash}</code>
          </li>
        </ul>
      </div>
    </Card>
  );
}
