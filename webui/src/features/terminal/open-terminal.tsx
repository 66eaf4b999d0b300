import { ChevronDown, SquareTerminal } from "lucide-react";
import { useState } from "react";
import type { Machine } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { Link } from "@/lib/router";
import { hasTerminal, usualAccount } from "@/features/presence/machines";
import { openTerminal } from "./launch";

/** The way into a machine, or why there is none. */
export function OpenTerminal({ machine, wide }: { machine: Machine; wide?: boolean }) {
  const [busy, setBusy] = useState(false);
  if (!hasTerminal(machine)) return <Note>This machine offers no terminal.</Note>;
  if (!machine.mayOpenTerminal) {
    return (
      <Note>
        A terminal here is not open to you.{" "}
        <Link href="/me" className="font-medium whitespace-nowrap text-accent-ink underline underline-offset-2">
          What may I do?
        </Link>
      </Note>
    );
  }
  const open = async (account: string | undefined) => {
    setBusy(true);
    await openTerminal(machine.name, account);
    setBusy(false);
  };
  if (!machine.online) return <Note>Its terminals open again when it is back.</Note>;
  const several = machine.accounts.length > 1;
  return (
    <div className={cn("flex", wide && "w-full")}>
      <Button
        look="soft"
        disabled={busy}
        onClick={() => void open(usualAccount(machine))}
        className={cn(wide && "flex-1", several && "rounded-r-none")}
      >
        <SquareTerminal aria-hidden />
        {busy ? "Opening…" : "Open terminal"}
        <span className="sr-only"> on {machine.name}</span>
      </Button>
      {several && (
        <Menu
          trigger={
            <Button
              look="soft"
              size="icon"
              disabled={busy}
              aria-label={`Open a terminal on ${machine.name} as another account`}
              className="rounded-l-none border-l border-accent/25"
            >
              <ChevronDown aria-hidden />
            </Button>
          }
        >
          <MenuLabel>Open as</MenuLabel>
          {machine.accounts.map((account) => (
            <MenuItem key={account} onSelect={() => void open(account)}>
              {account}
            </MenuItem>
          ))}
        </Menu>
      )}
    </div>
  );
}

function Note({ children }: { children: React.ReactNode }) {
  return <p className="flex min-h-11 flex-wrap items-center gap-x-1 text-[0.95rem] text-muted">{children}</p>;
}
