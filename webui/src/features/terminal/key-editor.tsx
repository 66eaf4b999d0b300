import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useStore } from "@/lib/store";
import { MAX_KEYS, MAX_NAME, MAX_TYPED, faultOf, ownKeys, resetKeys, saveKeys, type OwnKey } from "./own-keys";

/** People's own keys of the key bar: add, remove, put in order. On this device. */
export default function KeyEditor({ onClose, returnFocus }: { onClose: () => void; returnFocus: () => void }) {
  const all = useStore(ownKeys);
  const move = (from: number, to: number, pressed: HTMLElement) => {
    if (to < 0 || to >= all.length) return;
    const next = [...all];
    next.splice(to, 0, ...next.splice(from, 1));
    saveKeys(next);
    requestAnimationFrame(() => pressed.focus()); // which its row may have lost on its way
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Your keys"
      description="They stand in the last row of the key bar, on this device."
      returnFocus={returnFocus}
    >
      <ul className="mt-4 min-h-24 flex-1 overflow-y-auto" aria-label="Your keys">
        {all.map((key, i) => (
          <li key={nameOf(key, all.slice(0, i))} className="flex items-center gap-1 border-b border-line py-0.5 last:border-0">
            <kbd className="max-w-24 shrink-0 truncate rounded-lg bg-sunken px-2 py-1 font-mono text-sm">{key.name}</kbd>
            <span className="min-w-0 flex-1 truncate px-2 text-sm text-muted">{key.keys ?? JSON.stringify(key.text)}</span>
            <Button look="ghost" size="iconSm" aria-label={`Move ${key.name} up`} aria-disabled={i === 0} onClick={(e) => move(i, i - 1, e.currentTarget)}>
              <ArrowUp aria-hidden />
            </Button>
            <Button look="ghost" size="iconSm" aria-label={`Move ${key.name} down`} aria-disabled={i === all.length - 1} onClick={(e) => move(i, i + 1, e.currentTarget)}>
              <ArrowDown aria-hidden />
            </Button>
            <Button look="ghost" size="iconSm" aria-label={`Remove ${key.name}`} onClick={() => saveKeys(all.filter((_, at) => at !== i))}>
              <Trash2 aria-hidden />
            </Button>
          </li>
        ))}
        {all.length === 0 && <li className="py-3 text-muted">There are none. Add one below.</li>}
      </ul>
      {all.length < MAX_KEYS && <AddKey onAdd={(key) => saveKeys([...all, key])} />}
      <div className="mt-3 flex justify-between gap-2">
        <Button look="ghost" size="sm" onClick={resetKeys}>
          The usual keys again
        </Button>
        <Button size="sm" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  );
}

/** What tells a key from those before it, also where two are the same. */
function nameOf(key: OwnKey, before: OwnKey[]): string {
  const id = JSON.stringify(key);
  return `${id}/${before.filter((k) => JSON.stringify(k) === id).length}`;
}

const field = "min-h-11 min-w-0 rounded-xl border border-line-strong/60 bg-transparent px-3 text-base placeholder:text-muted";

function AddKey({ onAdd }: { onAdd: (key: OwnKey) => void }) {
  const [kind, setKind] = useState<"keys" | "text">("keys");
  const [typed, setTyped] = useState("");
  const [name, setName] = useState("");
  const [enter, setEnter] = useState(false);
  const [fault, setFault] = useState<string | null>(null);
  const add = (e: FormEvent) => {
    e.preventDefault();
    const called = name.trim() || typed.trim().slice(0, MAX_NAME);
    const key: OwnKey = kind === "keys" ? { name: called, keys: typed.trim() } : { name: called, text: enter ? `${typed}\n` : typed };
    const wrong = faultOf(key);
    setFault(wrong);
    if (wrong) return;
    onAdd(key);
    setTyped("");
    setName("");
  };
  return (
    <form onSubmit={add} className="mt-3 grid grid-cols-[auto_1fr] gap-2 border-t border-line pt-4" aria-label="Add a key">
      <select aria-label="What it does" value={kind} onChange={(e) => setKind(e.target.value as typeof kind)} className={field}>
        <option value="keys">Presses keys</option>
        <option value="text">Types text</option>
      </select>
      <input
        aria-label={kind === "keys" ? "Keys, for example C-b d" : "Text"}
        placeholder={kind === "keys" ? "C-b d" : "docker ps"}
        value={typed}
        maxLength={MAX_TYPED}
        autoCapitalize="off"
        autoComplete="off"
        autoCorrect="off"
        spellCheck={false}
        onChange={(e) => setTyped(e.target.value)}
        className={`${field} font-mono`}
      />
      {kind === "text" && (
        <label className="col-span-2 flex min-h-11 items-center gap-3 text-[0.95rem]">
          <input type="checkbox" checked={enter} onChange={(e) => setEnter(e.target.checked)} className="size-5 accent-accent" />
          and presses Enter
        </label>
      )}
      <div className="col-span-2 flex gap-2">
        <input
          aria-label="Name on the key"
          placeholder="Name on the key"
          value={name}
          maxLength={MAX_NAME}
          autoComplete="off"
          onChange={(e) => setName(e.target.value)}
          className={`${field} flex-1`}
        />
        <Button type="submit" look="primary">
          <Plus aria-hidden />
          Add
        </Button>
      </div>
      {fault && (
        <p role="alert" className="col-span-2 text-sm text-bad">
          {fault}
        </p>
      )}
    </form>
  );
}
