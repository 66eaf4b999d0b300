import { ShieldQuestion } from "lucide-react";
import { useState } from "react";
import { FloatingNote } from "@/app/floating-note";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { useLive } from "@/lib/live";
import { usePath } from "@/lib/router";
import { useStore } from "@/lib/store";
import { asking } from "./asking";
import { confirmations } from "./confirmations";
import { Question } from "./question";

/** Says that another device of the person, or a program of this one, waits for their word. */
export function AnswerNote() {
  const state = useLive(confirmations);
  const mine = useStore(asking);
  const path = usePath();
  const [shown, setShown] = useState<string | null>(null);
  const waiting = (state.value ?? []).filter((c) => c.state === "waiting" && !mine.some((a) => a.what.id === c.id));
  const open = waiting.find((c) => c.id === shown);
  const next = waiting[0];
  if (!next || path.startsWith("/confirm/")) return null;
  return (
    <>
      <FloatingNote role="status">
        <ShieldQuestion aria-hidden className="size-5 shrink-0 text-accent-ink" />
        <p className="min-w-0 text-sm font-medium wrap-anywhere">
          {next.here ? "A program on this device" : next.deviceOf} waits for you to confirm something.
        </p>
        <Button size="sm" look="primary" className="shrink-0" onClick={() => setShown(next.id)}>
          Have a look
        </Button>
      </FloatingNote>
      <Dialog open={open !== undefined} onOpenChange={(stays) => !stays && setShown(null)} title="Is this you?">
        {open && <Question c={open} onDone={() => setShown(null)} />}
      </Dialog>
    </>
  );
}
