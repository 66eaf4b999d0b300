import { useId, useState, type FormEvent } from "react";
import type { Session } from "@/gen/api";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { TextField } from "@/components/ui/field";
import { toastError } from "@/components/ui/toast";
import { useCan } from "@/features/identity/rights";
import { groupNames } from "./find";
import { useSessions } from "./sessions";

interface Props {
  session: Session;
  onClose: () => void;
  returnFocus?: (() => void) | undefined;
}

/** Gives a terminal a name, and a group that it is listed under. */
export function LabelDialog({ session, onClose, returnFocus }: Props) {
  const [name, setName] = useState(session.name);
  const [group, setGroup] = useState(session.group);
  const [busy, setBusy] = useState(false);
  const groups = groupNames(useSessions(useCan("terminal:read")));
  const id = useId();
  const save = async (e: FormEvent) => {
    e.preventDefault();
    setBusy(true);
    try {
      await client.call("terminal.session.update", { node: session.node, session: session.id, name: name.trim(), group: group.trim() });
      onClose();
    } catch (err) {
      toastError("The name was not changed", err);
      setBusy(false);
    }
  };
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Name and group"
      description="Everybody who sees this terminal sees them."
      {...(returnFocus ? { returnFocus } : {})}
    >
      <form onSubmit={(e) => void save(e)} noValidate className="mt-4 grid gap-4">
        <TextField data-first label="Name" value={name} maxLength={60} placeholder="its program" onChange={(e) => setName(e.target.value)} />
        <TextField label="Group" list={id} value={group} maxLength={60} placeholder="none" onChange={(e) => setGroup(e.target.value)} />
        <datalist id={id}>
          {groups.map((g) => (
            <option key={g} value={g} />
          ))}
        </datalist>
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit" disabled={busy}>
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
