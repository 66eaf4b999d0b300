import { Share2 } from "lucide-react";
import { useState } from "react";
import type { Session } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { QR } from "@/components/ui/qr";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";
import { cn } from "@/lib/cn";
import { useMe } from "@/features/identity/rights";
import { terminalLink, type Wish } from "./link";
import { sessionName } from "./words";

const wishes: { wish: Wish; label: string; says: string }[] = [
  { wish: "watch", label: "Only watch", says: "They look on, and may choose to type if their rights allow it." },
  { wish: "type", label: "May type", says: "They type right away if their rights allow it, and watch if not." },
];

interface Props {
  session: Session | null;
  open: boolean;
  onClose: () => void;
  returnFocus: () => void;
}

/** A link to a session for somebody of the household. */
export function ShareSheet({ session, open, onClose, returnFocus }: Props) {
  return (
    <Dialog
      open={open && session !== null}
      onOpenChange={(stays) => !stays && onClose()}
      returnFocus={returnFocus}
      title="Share this terminal"
      description="The link only leads here. It gives nobody a right that they do not have."
    >
      {session && <Sharing session={session} />}
    </Dialog>
  );
}

function Sharing({ session }: { session: Session }) {
  const me = useMe();
  const [wish, setWish] = useState<Wish>("watch");
  const link = terminalLink(session, wish, me);
  const share = () =>
    navigator.share({ title: `${sessionName(session)} on ${session.node}`, url: link }).catch(() => {}); // they changed their mind
  return (
    <div className="mt-4 grid gap-4 overflow-y-auto">
      <fieldset>
        <legend className="sr-only">Whoever opens it</legend>
        <div className="grid grid-cols-2 gap-1 rounded-2xl bg-sunken p-1">
          {wishes.map(({ wish: w, label }) => (
            <label
              key={w}
              className={cn(
                "grid min-h-11 cursor-pointer place-items-center rounded-xl px-3 text-[0.95rem] font-medium has-focus-visible:outline-2 has-focus-visible:outline-accent",
                w === wish && "bg-surface shadow-card",
              )}
            >
              <input type="radio" name="wish" className="sr-only" checked={w === wish} onChange={() => setWish(w)} />
              {label}
            </label>
          ))}
        </div>
        <p className="mt-2 text-sm text-muted">{wishes.find((w) => w.wish === wish)?.says}</p>
      </fieldset>
      <QR label="The link as a QR code" text={link} />
      <p aria-label="The link" className="rounded-xl bg-sunken px-3 py-2 font-mono text-[0.8rem] wrap-anywhere select-all">
        {link}
      </p>
      <div className="flex flex-wrap gap-2">
        <CopyButton text={link} look="primary">
          Copy the link
        </CopyButton>
        {"share" in navigator && (
          <Button onClick={() => void share()}>
            <Share2 aria-hidden />
            Send it…
          </Button>
        )}
      </div>
    </div>
  );
}
