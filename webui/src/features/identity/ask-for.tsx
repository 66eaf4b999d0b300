import { useEffect, useState } from "react";
import type { Needs, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { useMe } from "./rights";

/** The grant that would give the caller a right, "" until it is known. */
function useGrant(needs: Needs | null): string {
  const [grant, setGrant] = useState("");
  const key = JSON.stringify(needs);
  useEffect(() => {
    if (key === "null") return;
    let over = false;
    client.call("identity.whoami", { needs: JSON.parse(key) as Needs }).then(
      (me) => over || setGrant(me.askFor),
      () => {}, // the words above say whom to ask, in any case
    );
    return () => {
      over = true;
    };
  }, [key]);
  return grant;
}

/** What to send to the person who runs this home, to be allowed something. */
export function AskFor({ me, needs, what }: { me: Whoami; needs: Needs | null; what: string }) {
  const grant = useGrant(needs) || me.askFor;
  if (!grant) return null;
  const who = me.person ? `${me.name} (${me.person.login})` : me.name;
  const message = `Hello! I would like to ${what}.\nI am ${who}.\nThis in the tailnet’s policy file, under "grants", would allow it:\n\n${grant}\n`;
  return (
    <>
      <pre
        aria-label="The grant to ask for"
        className="mt-4 rounded-xl bg-sunken p-4 font-mono text-[0.8rem] leading-relaxed wrap-anywhere whitespace-pre-wrap"
      >
        {grant}
      </pre>
      <div className="mt-4">
        <CopyButton text={message} look="primary">
          Copy what to send to the person who runs this home
        </CopyButton>
      </div>
    </>
  );
}

interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** What it is about, after "I would like to". */
  what: string;
  needs: Needs;
}

/** How to be allowed something, over the page. */
export function AskSheet({ open, onOpenChange, what, needs }: SheetProps) {
  const me = useMe();
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Ask the person who runs this home"
      description={`They decide who may ${what}. Send them this; it is exactly what they need. It opens by itself then.`}
    >
      {me && open && <AskFor me={me} needs={needs} what={what} />}
    </Dialog>
  );
}
