import { Eye, Hand, PenLine, Users } from "lucide-react";
import type { Session, Whoami } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { giveControl } from "./control";
import { companyLine, mayTakeBack, presentDoes, presentIn, presentName, type Present } from "./people";
import type { OpenTerminal } from "./terminal";
import { otherOwner, possessive } from "./words";

interface Props {
  me: Whoami;
  session: Session | null;
  terminal: OpenTerminal;
  /** In words, where there is room; otherwise a number. */
  wide?: boolean;
  /** The menu has closed. */
  onClose: () => void;
}

/** Who is in a session, as it is told by now. */
export function usePresent(session: Session | null, terminal: OpenTerminal, me: Whoami | null): Present[] {
  const you = useStore(terminal.attachment.you);
  const typing = useStore(terminal.attachment.typing);
  return session ? presentIn(session, you, typing, me) : [];
}

/** Who is here: a line or a number that opens to everybody, and to what may be done about control. */
export function PeopleMenu({ me, session, terminal, wide, onClose }: Props) {
  const present = usePresent(session, terminal, me);
  const watching = useStore(terminal.attachment.watching);
  if (!session || session.state !== "running") return null;
  const owner = otherOwner(session, me);
  const line = companyLine(present);
  if (!line && !session.control && (wide || !owner)) return null;
  const typing = present.some((p) => p.typing && !p.here);
  const whose = owner ? `${possessive(owner)} terminal, runs as ${session.account}` : "Your terminal";
  return (
    <Menu
      trigger={
        wide ? (
          <button
            type="button"
            className={cn("flex h-full max-w-96 items-center gap-1.5 truncate font-medium hover:underline", typing ? "text-accent-ink" : "text-warn")}
          >
            <Users aria-hidden className="size-3.5 shrink-0" />
            <span className="truncate" aria-live="polite">
              {line || "Only you are here"}
            </span>
          </button>
        ) : (
          <Button
            look="ghost"
            size="sm"
            className={cn("shrink-0 px-2.5 tabular-nums", typing ? "text-accent-ink" : "text-warn", owner && "bg-warn-soft")}
          >
            {typing ? <PenLine aria-hidden className="breathe" /> : <Users aria-hidden />}
            <span aria-hidden>{session.viewers}</span>
            <span className="sr-only">
              {[owner && `${possessive(owner)} terminal`, line || "Only you are here"].filter(Boolean).join(", ")}
            </span>
          </Button>
        )
      }
      onCloseAutoFocus={(e) => {
        e.preventDefault();
        onClose();
      }}
    >
      <MenuLabel>{whose}</MenuLabel>
      {present.map((p) => (
        <PersonRow key={p.key} person={p} />
      ))}
      {watching === "no" && <ControlItems me={me} session={session} terminal={terminal} present={present} />}
    </Menu>
  );
}

function PersonRow({ person: p }: { person: Present }) {
  const does = presentDoes(p);
  return (
    <div className="flex min-h-9 items-center gap-3 px-3 text-[0.95rem]">
      <span
        aria-hidden
        className={cn(
          "grid size-7 shrink-0 place-items-center rounded-full font-display text-sm font-semibold text-accent-ink",
          p.hidden ? "bg-sunken" : "bg-lamp-soft",
        )}
      >
        {(p.name[0] ?? "?").toUpperCase()}
      </span>
      <span className="max-w-64 truncate">{presentName(p)}</span>
      <span className={cn("ml-auto pl-4 text-sm", p.typing || p.controls ? "text-accent-ink" : "text-muted")}>{does}</span>
    </div>
  );
}

function ControlItems({ me, session, terminal, present }: { me: Whoami; session: Session; terminal: OpenTerminal; present: Present[] }) {
  const here = present.find((p) => p.here);
  const mine = !session.control || mayTakeBack(session, me);
  if (!here || !mine || (present.length < 2 && !session.control)) return null;
  const others = present.filter((p) => !p.here && !p.watch && !p.controls);
  return (
    <>
      <MenuLine />
      {!here.controls && (
        <MenuItem onSelect={() => void giveControl(terminal.tab, here.key)}>
          <Hand aria-hidden />
          Only I type
        </MenuItem>
      )}
      {others.map((p) => (
        <MenuItem key={p.key} onSelect={() => void giveControl(terminal.tab, p.key)}>
          <Hand aria-hidden />
          Only {p.self ? p.device : p.name} types
        </MenuItem>
      ))}
      {session.control && (
        <MenuItem onSelect={() => void giveControl(terminal.tab, null)}>
          <Eye aria-hidden />
          Everybody types
        </MenuItem>
      )}
    </>
  );
}
