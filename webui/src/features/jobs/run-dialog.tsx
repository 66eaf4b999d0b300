import { useState, type FormEvent } from "react";
import type { Job, Parameter, Run } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Check, Select, TextField } from "@/components/ui/field";
import { asRpcError } from "@/rpc/errors";
import { startJob } from "./jobs";

interface Props {
  job: Job;
  /** What a run before it was told. */
  before?: Record<string, string> | undefined;
  onClose: () => void;
  onStarted: (run: Run) => void;
}

/** Asks what a job has to know, and whether it is to start. */
export function RunDialog({ job, before, onClose, onStarted }: Props) {
  const [values, setValues] = useState(() => beginning(job.params, before));
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState<string | null>(null);
  const start = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setWrong(null);
    try {
      onStarted(await startJob(job, values));
    } catch (err) {
      setWrong(asRpcError(err).message);
      setBusy(false);
    }
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={`${job.name}?`} description={job.confirm || job.description || `It runs on ${job.node}.`}>
      <form className="mt-4 flex min-h-0 flex-col" onSubmit={(e) => void start(e)}>
        <div className="grid gap-4 overflow-y-auto">
          {job.params.map((p) => (
            <Value key={p.name} of={p} value={values[p.name] ?? ""} onChange={(v) => setValues({ ...values, [p.name]: v })} />
          ))}
        </div>
        {wrong && (
          <p role="alert" className="mt-4 rounded-xl bg-bad-soft px-3 py-2 text-bad">
            {wrong}
          </p>
        )}
        <div className="mt-6 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
          <Button onClick={onClose}>Not now</Button>
          <Button data-first type="submit" look="primary" disabled={busy}>
            {busy ? "Starting…" : "Start it"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function beginning(params: Parameter[], before?: Record<string, string>): Record<string, string> {
  const first = (p: Parameter) => (p.kind === "bool" ? "false" : p.kind === "choice" ? (p.choices[0] ?? "") : "");
  return Object.fromEntries(params.map((p) => [p.name, before?.[p.name] ?? p.default ?? first(p)]));
}

function Value({ of: p, value, onChange }: { of: Parameter; value: string; onChange: (v: string) => void }) {
  const label = p.description || p.name;
  if (p.kind === "bool") return <Check label={label} checked={value === "true"} onChange={(e) => onChange(String(e.target.checked))} />;
  if (p.kind === "choice")
    return (
      <Select label={label} value={value} onChange={(e) => onChange(e.target.value)}>
        {p.choices.map((c) => (
          <option key={c}>{c}</option>
        ))}
      </Select>
    );
  return (
    <TextField
      label={label}
      hint={bounds(p)}
      value={value}
      required={p.kind === "int"}
      inputMode={p.kind === "int" ? "numeric" : undefined}
      onChange={(e) => onChange(e.target.value)}
    />
  );
}

function bounds(p: Parameter): string {
  const what = p.kind === "int" ? "A whole number" : "Text";
  const unit = p.kind === "int" ? "" : " characters";
  if (p.min !== null && p.max !== null) return `${what}, ${p.min} to ${p.max}${unit}`;
  if (p.min !== null) return `${what}, at least ${p.min}${unit}`;
  if (p.max !== null) return `${what}, at most ${p.max}${unit}`;
  return p.kind === "int" ? what : "";
}
