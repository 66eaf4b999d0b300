import { SquareTerminal, Undo2, Users } from "lucide-react";
import type { Session, Whoami } from "@/gen/api";
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
import { titles } from "./titles";
import { otherOwner, sessionTitle, shortDir } from "./words";

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
      <Running label="Return to" all={running.filter((s) => !otherOwner(s, me))} me={me} />
      <Running label="Join" all={running.filter((s) => otherOwner(s, me))} me={me} />
    </>
  );
}

function Running({ label, all, me }: { label: string; all: Session[]; me: Whoami }) {
  const known = useStore(titles);
  if (all.length === 0) return null;
  return (
    <>
      <MenuLine />
      <MenuLabel>{label}</MenuLabel>
      {all.map((s) => {
        const owner = otherOwner(s, me);
        const path = tabPath({ node: s.node, session: s.id });
        return (
          <MenuItem key={path} onSelect={() => navigate(path)}>
            {owner ? <Users aria-hidden /> : <Undo2 aria-hidden />}
            <span className="min-w-0">
              <span className="block truncate">
                {s.node} · {sessionTitle(s, owner)} <span className="text-muted">as {s.account}</span>
              </span>
              <span className="block max-w-72 truncate text-sm text-muted">
                {known[path] || shortDir(s.dir)} · {ago(s.startedAt)}
              </span>
            </span>
          </MenuItem>
        );
      })}
    </>
  );
}
