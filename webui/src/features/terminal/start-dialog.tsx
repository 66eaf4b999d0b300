import { useId, useState, type FormEvent } from "react";
import type { Profile } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Select, TextField } from "@/components/ui/field";
import { useLive } from "@/lib/live";
import { useCan } from "@/features/identity/rights";
import { hasTerminal, machines, usualAccount } from "@/features/presence/machines";
import { groupNames } from "./find";
import { fromProfile, startTerminal } from "./launch";
import { noteUse } from "./recent";
import { useSessions } from "./sessions";

interface Props {
  node: string;
  profile?: Profile | undefined;
  dir?: string | undefined;
  onClose: () => void;
}

/** Asks where a new terminal is to start. */
export function StartDialog({ node: first, profile, dir: firstDir, onClose }: Props) {
  const all = useLive(machines).value?.filter((m) => hasTerminal(m) && m.mayOpenTerminal && m.online) ?? [];
  const known = useSessions(useCan("terminal:read"));
  const [node, setNode] = useState(first || all[0]?.name || "");
  const [dir, setDir] = useState(firstDir ?? profile?.dir ?? "");
  const [name, setName] = useState("");
  const [group, setGroup] = useState(profile?.group ?? "");
  const [chosen, setChosen] = useState(profile?.account ?? "");
  const [busy, setBusy] = useState(false);
  const id = useId();
  const machine = all.find((m) => m.name === node);
  const accounts = machine?.accounts ?? [];
  const usual = machine && usualAccount(machine);
  // What a profile wants and the machine does not list is asked for all the same, and refused in words.
  const account = accounts.includes(chosen) ? chosen : accounts.length > 1 ? usual : profile?.account || usual;
  const folders = [...new Set(known.filter((s) => s.node === node).flatMap((s) => [s.cwd, s.dir]))].filter(Boolean);

  const start = async (e: FormEvent) => {
    e.preventDefault();
    if (!node) return;
    setBusy(true);
    noteUse(node);
    const base = profile ? fromProfile(profile, node) : { node };
    const tab = await startTerminal({
      ...base,
      ...(account ? { account } : {}),
      ...(dir.trim() ? { dir: dir.trim() } : {}),
      ...(name.trim() ? { name: name.trim() } : {}),
      ...(group.trim() ? { group: group.trim() } : {}),
    });
    if (tab) onClose();
    else setBusy(false);
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={profile ? `Start ${profile.name}` : "New terminal"}>
      <form onSubmit={(e) => void start(e)} noValidate className="mt-4 grid min-h-0 gap-4 overflow-y-auto p-0.5">
        <Select label="Machine" value={node} onChange={(e) => setNode(e.target.value)}>
          {all.map((m) => (
            <option key={m.name}>{m.name}</option>
          ))}
        </Select>
        {accounts.length > 1 && (
          <Select label="Account" value={account} onChange={(e) => setChosen(e.target.value)}>
            {accounts.map((a) => (
              <option key={a}>{a}</option>
            ))}
          </Select>
        )}
        <TextField
          data-first
          label="Folder"
          list={`${id}-folders`}
          value={dir}
          placeholder="where its terminals start"
          hint="Such as ~/src, or /srv/media"
          className="font-mono text-sm"
          onChange={(e) => setDir(e.target.value)}
        />
        <datalist id={`${id}-folders`}>
          {folders.map((f) => (
            <option key={f} value={f} />
          ))}
        </datalist>
        <div className="grid grid-cols-2 gap-3">
          <TextField label="Name" value={name} maxLength={60} placeholder={profile?.name ?? "its program"} onChange={(e) => setName(e.target.value)} />
          <TextField label="Group" list={`${id}-groups`} value={group} maxLength={60} placeholder="none" onChange={(e) => setGroup(e.target.value)} />
        </div>
        <datalist id={`${id}-groups`}>
          {groupNames(known).map((g) => (
            <option key={g} value={g} />
          ))}
        </datalist>
        <div className="mt-1 flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={busy || !node}>
            {busy ? "Opening…" : "Open terminal"}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
