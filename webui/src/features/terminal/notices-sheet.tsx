import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { toastDone, toastError } from "@/components/ui/toast";
import { useStore } from "@/lib/store";
import { localError } from "@/rpc/errors";
import { askPermission, changeNotices, isMuted, mute, notices, notify, permission } from "./notices";
import type { Tab } from "./tabs";

interface Props {
  tab: Tab;
  open: boolean;
  onClose: () => void;
  returnFocus: () => void;
}

const lengths: [ms: number, words: string][] = [
  [10_000, "10 seconds"],
  [30_000, "30 seconds"],
  [60_000, "1 minute"],
  [300_000, "5 minutes"],
];

/** What to be told of while one looks elsewhere. */
export function NoticesSheet({ tab, open, onClose, returnFocus }: Props) {
  return (
    <Dialog
      open={open}
      onOpenChange={(to) => !to && onClose()}
      title="Notifications"
      description="When a command has ended, the bell rings, or a program has something to say, and you look elsewhere."
      returnFocus={returnFocus}
    >
      <Choices tab={tab} />
    </Dialog>
  );
}

function Choices({ tab }: { tab: Tab }) {
  const all = useStore(notices);
  const [said, setSaid] = useState(permission());
  return (
    <div className="mt-5 flex flex-col gap-4">
      {said === "granted" ? (
        <Choice label="Show them on this device" checked={all.on} onChange={(on) => changeNotices({ on })} />
      ) : (
        <Ask said={said} onAsked={setSaid} />
      )}
      <label className="flex flex-wrap items-center justify-between gap-x-4 gap-y-1">
        Commands that ran for more than
        <select
          value={all.longMs}
          onChange={(e) => changeNotices({ longMs: Number(e.target.value) })}
          className="min-h-11 rounded-xl border border-line-strong/60 bg-surface px-3 text-base"
        >
          {lengths.map(([ms, words]) => (
            <option key={ms} value={ms}>
              {words}
            </option>
          ))}
        </select>
      </label>
      <Choice label="Not of this session" checked={isMuted(tab, all)} onChange={(to) => mute(tab, to)} />
      {said === "granted" && (
        <Button
          onClick={() => {
            if (notify(null, "Homie: this is how a notification looks")) toastDone("A test was sent");
            else toastError("No test was sent", localError("unsupported", "This browser lets no page show notifications. Keep Homie in sight, or use it at a desk."));
          }}
        >
          Send me a test
        </Button>
      )}
    </div>
  );
}

function Ask({ said, onAsked }: { said: ReturnType<typeof permission>; onAsked: (said: ReturnType<typeof permission>) => void }) {
  if (said === "none") return <p className="text-muted">This browser has no notifications. A dot on the tab still tells.</p>;
  if (said === "denied") {
    return (
      <p className="text-muted">
        This browser was told not to show notifications of Homie. Its settings for this page can change that. A dot on
        the tab still tells.
      </p>
    );
  }
  return (
    <Button look="primary" onClick={() => void askPermission().then(onAsked)}>
      Allow notifications
    </Button>
  );
}

function Choice({ label, checked, onChange }: { label: string; checked: boolean; onChange: (to: boolean) => void }) {
  return (
    <label className="flex min-h-11 items-center justify-between gap-4">
      {label}
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.target.checked)} className="size-5 accent-accent" />
    </label>
  );
}
