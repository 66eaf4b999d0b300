import { Trash2 } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";

interface Props {
  busy: boolean;
  onCancel: () => void;
  onDelete: (() => void) | null;
}

/** The foot of a window in which something is kept: save, and delete after a second word. */
export function KeepButtons({ busy, onCancel, onDelete }: Props) {
  const [sure, setSure] = useState(false);
  return (
    <div className="mt-5 flex flex-wrap justify-end gap-2">
      {onDelete && (
        <Button look={sure ? "danger" : "ghost"} disabled={busy} onClick={() => (sure ? onDelete() : setSure(true))} className="mr-auto">
          <Trash2 aria-hidden />
          {sure ? "Really delete" : "Delete"}
        </Button>
      )}
      <Button onClick={onCancel}>Cancel</Button>
      <Button look="primary" type="submit" disabled={busy}>
        Save
      </Button>
    </div>
  );
}
