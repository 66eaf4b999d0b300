import { useState, type FormEvent } from "react";
import type { Snippet } from "@/gen/api";
import { client } from "@/app/client";
import { Dialog } from "@/components/ui/dialog";
import { Check, Select, TextArea, TextField } from "@/components/ui/field";
import { toastError } from "@/components/ui/toast";
import { useLive } from "@/lib/live";
import { useCan } from "@/features/identity/rights";
import { machines } from "@/features/presence/machines";
import { KeepButtons } from "./keep-buttons";

/** Makes or changes a quick command. */
export function SnippetEditor({ snippet, onClose }: { snippet: Snippet | null; onClose: () => void }) {
  const [name, setName] = useState(snippet?.name ?? "");
  const [text, setText] = useState(snippet?.text ?? "");
  const [run, setRun] = useState(snippet?.run ?? true);
  const [node, setNode] = useState(snippet?.node ?? "");
  const [shared, setShared] = useState(snippet?.shared ?? false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const mayShare = useCan("sharing:write");
  const known = useLive(machines).value?.map((m) => m.name) ?? [];
  const wrong = {
    name: name.trim() === "" ? "It needs a name, to be chosen by." : null,
    text: text.trim() === "" ? "This is what is typed." : null,
  };

  const attempt = async (what: string, act: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await act();
      onClose();
    } catch (err) {
      toastError(`The quick command was not ${what}`, err);
      setBusy(false);
    }
  };
  const save = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (wrong.name || wrong.text) return;
    const params = { name: name.trim(), text: text.replaceAll("\r\n", "\n"), run, node, shared };
    void attempt("kept", () =>
      snippet
        ? client.call("terminal.snippet.update", { id: snippet.id, snippet: params })
        : client.call("terminal.snippet.create", params),
    );
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={snippet ? "Quick command" : "New quick command"}>
      <form onSubmit={save} noValidate className="mt-4 grid min-h-0 gap-4 overflow-y-auto p-0.5">
        <TextField data-first label="Name" value={name} maxLength={60} error={tried ? wrong.name : null} onChange={(e) => setName(e.target.value)} />
        <TextArea label="Text" rows={4} className="font-mono text-sm" value={text} error={tried ? wrong.text : null} onChange={(e) => setText(e.target.value)} />
        <Check label="Run at once" hint="Otherwise it is only typed, and you press Enter." checked={run} onChange={(e) => setRun(e.target.checked)} />
        <Where node={node} known={known} onChange={setNode} />
        {(mayShare || shared) && (
          <Check
            label="Shared"
            hint="Everybody who may open terminals sees it."
            checked={shared}
            disabled={!mayShare}
            onChange={(e) => setShared(e.target.checked)}
          />
        )}
        <KeepButtons
          busy={busy}
          onCancel={onClose}
          onDelete={snippet && (() => void attempt("deleted", () => client.call("terminal.snippet.delete", { id: snippet.id })))}
        />
      </form>
    </Dialog>
  );
}

/** On which machine something is meant for. */
export function Where({ node, known, onChange }: { node: string; known: string[]; onChange: (node: string) => void }) {
  const all = node && !known.includes(node) ? [...known, node] : known;
  return (
    <Select label="Machine" value={node} onChange={(e) => onChange(e.target.value)}>
      <option value="">any machine</option>
      {all.map((name) => (
        <option key={name}>{name}</option>
      ))}
    </Select>
  );
}
