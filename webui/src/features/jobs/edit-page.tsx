import { ArrowLeft } from "lucide-react";
import { useEffect, useState, type FormEvent } from "react";
import type { Defined, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Select, TextArea, TextField } from "@/components/ui/field";
import { Failed, Loading, PageHead } from "@/components/ui/states";
import { toastDone } from "@/components/ui/toast";
import { useLive } from "@/lib/live";
import { Link, navigate } from "@/lib/router";
import { asRpcError, type RpcError } from "@/rpc/errors";
import { can } from "@/features/identity/rights";
import { machines } from "@/features/presence/machines";
import { jobPath } from "./jobs";

const example = (account: string) => `name = "Back up photos"
description = "Copies the photos to the other disk."
icon = "backup"
account = "${account}"
argv = ["/usr/bin/rsync", "-a", "/srv/photos/", "/mnt/backup/photos/"]
timeout = "2h"

# Shown to the family as a button, which asks first:
# button = true
# confirm = "This takes a while. Go on?"
`;

/** Writes the file of a job, new or known, and says at once what is wrong. */
export function EditPage({ me, node, id }: { me: Whoami; node?: string | undefined; id?: string | undefined }) {
  const [text, setText] = useState<string | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  useEffect(() => {
    if (!node || !id) return;
    client.call("jobs.source", { node, job: id }).then((got) => setText(got.toml), (err: unknown) => setError(asRpcError(err)));
  }, [node, id]);
  return (
    <div className="mx-auto max-w-3xl pt-4 sm:pt-6">
      <Link href={node && id ? jobPath({ node, id }) : "/jobs"} className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        {id ?? "Jobs"}
      </Link>
      <PageHead title={id ? `Change ${id}` : "A new job"}>It stands in a file on its machine.</PageHead>
      {error && <Failed error={error} />}
      {id && !error && text === null && <Loading what="its file" />}
      {!can(me, "jobs:edit") && <p className="text-muted">Only those may write it who may change jobs.</p>}
      {(!id || text !== null) && can(me, "jobs:edit") && <Editor node={node} id={id} first={text} />}
    </div>
  );
}

function Editor({ node: knownNode, id: knownID, first }: { node?: string | undefined; id?: string | undefined; first: string | null }) {
  const known = useLive(machines);
  const able = (known.value ?? []).filter((m) => m.capabilities.includes("jobs"));
  const [chosen, setChosen] = useState("");
  const node = knownNode ?? (chosen || able.find((m) => m.online)?.name || "");
  const [name, setName] = useState(knownID ?? "");
  const [written, setWritten] = useState(first);
  const text = written ?? example(able.find((m) => m.name === node)?.accounts[0] ?? "media");
  const { judged, failed } = useJudged(node, name, text);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<string | null>(null);
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    setRefused(null);
    try {
      const got = await client.call("jobs.define", { node, job: name, toml: text });
      if (got.job) {
        toastDone(`${got.job.name} is kept on ${node}`);
        return navigate(jobPath({ node, id: name }));
      }
      setRefused(got.problems.map(sayProblem).join("\n"));
    } catch (err) {
      setRefused(asRpcError(err).message);
    }
    setBusy(false);
  };
  const problems = judged?.problems ?? [];
  return (
    <form className="grid gap-4" onSubmit={(e) => void save(e)}>
      {!knownID && (
        <div className="grid gap-4 sm:grid-cols-2">
          <Select label="Machine" value={node} onChange={(e) => setChosen(e.target.value)}>
            {able.map((m) => (
              <option key={m.name} value={m.name} disabled={!m.online}>
                {m.name}
                {m.online ? "" : " (away)"}
              </option>
            ))}
          </Select>
          <TextField label="Short name" required value={name} hint="Lower-case letters, digits and dashes, such as photos" pattern="[a-z0-9][a-z0-9_\-]*" maxLength={64} onChange={(e) => setName(e.target.value)} />
        </div>
      )}
      <TextArea
        label="File"
        rows={18}
        value={text}
        onChange={(e) => setWritten(e.target.value)}
        error={problems.length > 0 ? problems.map(sayProblem).join(" · ") : failed}
        hint={judged?.job ? `It is fine, and runs as ${judged.job.account}.` : "TOML, one setting a line."}
        className="font-mono text-sm"
      />
      {refused && (
        <p role="alert" className="rounded-xl bg-bad-soft px-3 py-2 whitespace-pre-line text-bad">
          {refused}
        </p>
      )}
      <div className="flex justify-end">
        <Button type="submit" look="primary" disabled={busy || !node || !name || problems.length > 0}>
          {busy ? "Keeping it…" : "Keep it"}
        </Button>
      </div>
    </form>
  );
}

function sayProblem(p: { line: number; problem: string }): string {
  return p.line > 0 ? `Line ${p.line}: ${p.problem}` : p.problem;
}

/** What the machine says of a file, a moment after it was changed. */
function useJudged(node: string, job: string, toml: string): { judged: Defined | null; failed: string | null } {
  const [judged, setJudged] = useState<Defined | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (!node) return;
    let over = false;
    const timer = setTimeout(() => {
      client.call("jobs.check", { node, job: job || "new", toml }).then(
        (got) => {
          if (over) return;
          setJudged(got);
          setFailed(null);
        },
        (err: unknown) => {
          if (over) return;
          setJudged(null);
          setFailed(asRpcError(err).message);
        },
      );
    }, 400);
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [node, job, toml]);
  return { judged, failed };
}
