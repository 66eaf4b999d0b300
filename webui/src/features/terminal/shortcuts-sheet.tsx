import { Dialog } from "@/components/ui/dialog";
import { getsAllKeys } from "./full-screen";
import { shortcuts } from "./shortcuts";

interface Props {
  open: boolean;
  onClose: () => void;
  returnFocus: () => void;
}

/** The keys that Homie keeps for itself. */
export function ShortcutsSheet({ open, onClose, returnFocus }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && onClose()}
      title="Keyboard shortcuts"
      description="All other keys go to the program in the terminal."
      returnFocus={returnFocus}
    >
      <dl className="mt-4 grid grid-cols-[auto_1fr] items-baseline gap-x-5 gap-y-2.5 overflow-y-auto">
        {shortcuts.map(({ keys, does }) => (
          <div key={does} className="col-span-2 grid grid-cols-subgrid items-baseline">
            <dt>
              <kbd className="rounded-lg border border-line bg-sunken px-2 py-0.5 font-mono text-sm whitespace-nowrap">{keys}</kbd>
            </dt>
            <dd>{does}</dd>
          </div>
        ))}
      </dl>
      <p className="mt-4 text-sm text-muted">
        Ctrl+W, Ctrl+T and Ctrl+N belong to the browser: they close and open its tabs.{" "}
        {getsAllKeys
          ? "In full screen (in the menu of a terminal) they go to the program, too."
          : "Chrome and Edge give them to the program in full screen; this browser does not."}{" "}
        A session runs on when its tab is closed.
      </p>
    </Dialog>
  );
}
