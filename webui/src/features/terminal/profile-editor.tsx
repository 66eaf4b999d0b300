import { Plus, X } from "lucide-react";
import { useState, type FormEvent } from "react";
import type { Icon, Profile } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Check, Select, TextField } from "@/components/ui/field";
import { toastError } from "@/components/ui/toast";
import { cn } from "@/lib/cn";
import { useLive } from "@/lib/live";
import { useCan } from "@/features/identity/rights";
import { machines } from "@/features/presence/machines";
import { joinCommand, splitCommand } from "./argv";
import { icons } from "./icons";
import { KeepButtons } from "./keep-buttons";
import { Where } from "./snippet-editor";

type Variable = { name: string; value: string };

/** What is wrong with a variable's name, if anything. */
export function variableError(name: string): string | null {
  if (name === "") return null;
  if (!/^[A-Za-z_]\w*$/.test(name)) return "Letters, digits and _ only, and no digit first.";
  return name.startsWith("HOMIE_") ? "Homie sets these itself." : null;
}

/** Makes or changes a profile. */
export function ProfileEditor({ profile, onClose }: { profile: Profile | null; onClose: () => void }) {
  const [name, setName] = useState(profile?.name ?? "");
  const [icon, setIcon] = useState<Icon>(profile?.icon ?? "terminal");
  const [node, setNode] = useState(profile?.node ?? "");
  const [dir, setDir] = useState(profile?.dir ?? "");
  const [line, setLine] = useState(joinCommand(profile?.command ?? []));
  const [env, setEnv] = useState<Variable[]>(Object.entries(profile?.env ?? {}).map(([name, value]) => ({ name, value })));
  const [account, setAccount] = useState(profile?.account ?? "");
  const [group, setGroup] = useState(profile?.group ?? "");
  const [record, setRecord] = useState(profile?.record ?? false);
  const [shared, setShared] = useState(profile?.shared ?? false);
  const [tried, setTried] = useState(false);
  const [busy, setBusy] = useState(false);
  const mayShare = useCan("sharing:write");
  const all = useLive(machines).value ?? [];
  const command = splitCommand(line);
  const nameError = name.trim() === "" ? "It needs a name, to be chosen by." : null;
  const accounts = [...new Set([...all.filter((m) => !node || m.name === node).flatMap((m) => m.accounts), account])].filter(Boolean);

  const attempt = async (what: string, act: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await act();
      onClose();
    } catch (err) {
      toastError(`The profile was not ${what}`, err);
      setBusy(false);
    }
  };
  const save = (e: FormEvent) => {
    e.preventDefault();
    setTried(true);
    if (nameError || command.error || env.some((v) => variableError(v.name))) return;
    const params = {
      name: name.trim(),
      icon,
      node,
      dir: dir.trim(),
      command: command.words ?? [],
      env: Object.fromEntries(env.filter((v) => v.name).map((v) => [v.name, v.value])),
      account,
      group: group.trim(),
      record,
      shared,
    };
    void attempt("kept", () =>
      profile
        ? client.call("terminal.profile.update", { id: profile.id, profile: params })
        : client.call("terminal.profile.create", params),
    );
  };
  return (
    <Dialog open wide onOpenChange={(open) => !open && onClose()} title={profile ? "Profile" : "New profile"}>
      <form onSubmit={save} noValidate className="mt-4 grid min-h-0 gap-4 overflow-y-auto p-0.5 sm:grid-cols-2">
        <TextField data-first label="Name" value={name} maxLength={60} error={tried ? nameError : null} onChange={(e) => setName(e.target.value)} />
        <IconPicker icon={icon} onChange={setIcon} />
        <div className="sm:col-span-2">
          <TextField
            label="Command"
            value={line}
            placeholder="the account’s shell"
            error={command.error}
            hint={<Words words={command.words ?? []} />}
            className="font-mono text-sm"
            onChange={(e) => setLine(e.target.value)}
          />
        </div>
        <Where node={node} known={all.map((m) => m.name)} onChange={setNode} />
        <TextField label="Folder" value={dir} placeholder="the usual one" className="font-mono text-sm" onChange={(e) => setDir(e.target.value)} />
        <Select label="Account" value={account} onChange={(e) => setAccount(e.target.value)}>
          <option value="">the usual one</option>
          {accounts.map((a) => (
            <option key={a}>{a}</option>
          ))}
        </Select>
        <TextField label="Group" value={group} maxLength={60} placeholder="none" onChange={(e) => setGroup(e.target.value)} />
        <div className="sm:col-span-2">
          <Variables env={env} onChange={setEnv} />
        </div>
        <Check label="Record from the start" hint="Everybody in it sees that." checked={record} onChange={(e) => setRecord(e.target.checked)} />
        {(mayShare || shared) && (
          <Check
            label="Shared"
            hint="Everybody who may open terminals sees it."
            checked={shared}
            disabled={!mayShare}
            onChange={(e) => setShared(e.target.checked)}
          />
        )}
        <div className="sm:col-span-2">
          <KeepButtons
            busy={busy}
            onCancel={onClose}
            onDelete={profile && (() => void attempt("deleted", () => client.call("terminal.profile.delete", { id: profile.id })))}
          />
        </div>
      </form>
    </Dialog>
  );
}

/** The words that a command line is, as the program gets them. */
function Words({ words }: { words: string[] }) {
  if (words.length === 0) return <>A program and its arguments, without a shell around them.</>;
  return (
    <ul aria-label="Words of the command" className="flex flex-wrap gap-1">
      {words.map((w, i) => (
        <li key={i} className="max-w-full truncate rounded-lg bg-sunken px-2 py-0.5 font-mono text-[0.8rem] text-ink">
          {w || <i className="text-muted">empty</i>}
        </li>
      ))}
    </ul>
  );
}

function IconPicker({ icon, onChange }: { icon: Icon; onChange: (icon: Icon) => void }) {
  return (
    <fieldset>
      <legend className="mb-1 text-sm font-medium">Icon</legend>
      <div className="flex flex-wrap gap-1">
        {(Object.keys(icons) as Icon[]).map((name) => {
          const { Image, label } = icons[name];
          return (
            <label
              key={name}
              title={label}
              className={cn(
                "grid size-9 cursor-pointer place-items-center rounded-lg has-focus-visible:outline-2 pointer-coarse:size-11",
                name === icon ? "bg-accent text-on-accent" : "hover:bg-sunken",
              )}
            >
              <input type="radio" name="icon" aria-label={label} checked={name === icon} onChange={() => onChange(name)} className="sr-only" />
              <Image aria-hidden className="size-5" />
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function Variables({ env, onChange }: { env: Variable[]; onChange: (env: Variable[]) => void }) {
  const change = (at: number, some: Partial<Variable>) => onChange(env.map((v, i) => (i === at ? { ...v, ...some } : v)));
  return (
    <fieldset className="grid gap-2">
      <legend className="mb-1 text-sm font-medium">Variables</legend>
      {env.map((v, i) => (
        <div key={i} className="flex items-end gap-2">
          <div className="grid min-w-0 flex-1 grid-cols-2 gap-2">
            <TextField label="Variable" value={v.name} error={variableError(v.name)} className="font-mono text-sm" onChange={(e) => change(i, { name: e.target.value })} />
            <TextField label="Value" value={v.value} className="font-mono text-sm" onChange={(e) => change(i, { value: e.target.value })} />
          </div>
          <Button look="ghost" size="icon" aria-label={`Remove the variable ${v.name}`} onClick={() => onChange(env.filter((_, at) => at !== i))}>
            <X aria-hidden />
          </Button>
        </div>
      ))}
      <Button size="sm" look="ghost" className="justify-self-start" onClick={() => onChange([...env, { name: "", value: "" }])}>
        <Plus aria-hidden />
        Add a variable
      </Button>
    </fieldset>
  );
}
