import { SquareTerminal, Undo2 } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { ago } from "@/lib/format";
import { useLive } from "@/lib/live";
import { navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { hasTerminal, machines, usualAccount } from "@/features/presence/machines";
import { openTerminal } from "./launch";
import { useSessions } from "./sessions";
import { tabPath, tabs } from "./tabs";
import { sessionName } from "./words";

/** Where another terminal can be had: a new one, or one that runs already. */
export function NewTabMenu({ me }: { me: Whoami }) {
  const state = useLive(machines);
  const open = useStore(tabs);
  const running = useSessions(can(me, "terminal:read")).filter(
    (s) => s.state === "running" && !open.some((t) => t.node === s.node && t.session === s.id),
  );
  const all = state.status === "ready" ? state.value.filter((m) => hasTerminal(m) && m.mayOpenTerminal) : [];
  return (
    <>
      <MenuLabel>New terminal on</MenuLabel>
      {all.map((m) => (
        <MenuItem key={m.name} disabled={!m.online} onSelect={() => void openTerminal(m.name, usualAccount(m))}>
          <SquareTerminal aria-hidden />
          {m.name}
          {!m.online && <span className="ml-auto text-sm text-muted">offline</span>}
        </MenuItem>
      ))}
      {all.length === 0 && <p className="px-3 py-2 text-muted">No machine offers you one.</p>}
      {running.length > 0 && (
        <>
          <MenuLine />
          <MenuLabel>Return to</MenuLabel>
          {running.map((s) => (
            <MenuItem key={`${s.node}/${s.id}`} onSelect={() => navigate(tabPath({ node: s.node, session: s.id }))}>
              <Undo2 aria-hidden />
              {s.node} {sessionName(s)}
              <span className="ml-auto pl-4 text-sm text-muted">{ago(s.startedAt)}</span>
            </MenuItem>
          ))}
        </>
      )}
    </>
  );
}
