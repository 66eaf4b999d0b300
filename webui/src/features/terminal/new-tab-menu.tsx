import { FolderOpen, LayoutGrid, SquareTerminal, Undo2, Users, Wrench } from "lucide-react";
import { useEffect, useState } from "react";
import type { Machine, Multiplexer, Session, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { ago } from "@/lib/format";
import { useLive } from "@/lib/live";
import { navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { hasTerminal, machines, usualAccount } from "@/features/presence/machines";
import { ask } from "./dialogs";
import { SessionIcon } from "./icons";
import { profiles, useKept } from "./kept";
import { openTerminal, startTerminal } from "./launch";
import { openProfile } from "./open-profile";
import { byUse, noteUse, recent } from "./recent";
import { useSessions } from "./sessions";
import { tabPath, tabs } from "./tabs";
import { titles } from "./titles";
import { otherOwner, sessionTitle, shortDir } from "./words";

/** How many profiles the menu has; the others are in their window. */
const SHOWN = 6;

/** Where another terminal can be had: a new one, or one that runs already. */
export function NewTabMenu({ me }: { me: Whoami }) {
  const state = useLive(machines);
  const open = useStore(tabs);
  const used = useStore(recent);
  const running = useSessions(can(me, "terminal:read")).filter(
    (s) => s.state === "running" && !open.some((t) => t.node === s.node && t.session === s.id),
  );
  const kept = useKept(profiles, can(me, "terminal:write")).value ?? [];
  const all = state.status === "ready" ? state.value.filter((m) => hasTerminal(m) && m.mayOpenTerminal) : [];
  const online = all.filter((m) => m.online);
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
      {online.length > 0 && (
        <>
          <MenuItem onSelect={() => ask({ what: "start", node: used.find((k) => online.some((m) => m.name === k)) ?? online[0]!.name })}>
            <FolderOpen aria-hidden />
            In a folder…
          </MenuItem>
          <MenuLine />
          <MenuLabel>Profiles</MenuLabel>
          {byUse(kept, (p) => p.id, used)
            .slice(0, SHOWN)
            .map((p) => (
              <MenuItem key={p.id} onSelect={() => openProfile(p, online, used)}>
                <SessionIcon icon={p.icon} />
                <span className="min-w-0 truncate">{p.name}</span>
                {p.node && <span className="ml-auto pl-3 text-sm text-muted">{p.node}</span>}
              </MenuItem>
            ))}
          <MenuItem onSelect={() => ask({ what: kept.length > 0 ? "profiles" : "profile", profile: null })}>
            <Wrench aria-hidden />
            {kept.length > 0 ? "All profiles…" : "New profile…"}
          </MenuItem>
          <Multiplexers online={online} used={used} />
        </>
      )}
      <Running label="Return to" all={running.filter((s) => !otherOwner(s, me))} me={me} />
      <Running label="Join" all={running.filter((s) => otherOwner(s, me))} me={me} />
      <MenuLine />
      <MenuItem onSelect={() => navigate("/terminal/all")}>
        <LayoutGrid aria-hidden />
        All terminals
      </MenuItem>
    </>
  );
}

type Found = Multiplexer & { node: string };

/** What tmux and zellij keep running on the machines, asked when the menu opens. */
function Multiplexers({ online, used }: { online: Machine[]; used: string[] }) {
  const [found, setFound] = useState<Found[]>([]);
  const names = online.map((m) => m.name).join("\n");
  useEffect(() => {
    let shown = true;
    for (const node of names.split("\n").filter(Boolean)) {
      client
        .call("terminal.multiplexer.list", { node })
        .then(({ sessions }) => shown && setFound((all) => [...all.filter((f) => f.node !== node), ...sessions.map((m) => ({ ...m, node }))]))
        .catch(() => {}); // what can't be found is not offered
    }
    return () => {
      shown = false;
    };
  }, [names]);
  if (found.length === 0) return null;
  const key = (m: Found) => `${m.kind} ${m.node} ${m.socket ?? ""} ${m.name}`;
  return (
    <>
      <MenuLine />
      <MenuLabel>Found running</MenuLabel>
      {byUse(found, key, used).map((m) => (
        <MenuItem
          key={key(m)}
          onSelect={() => {
            noteUse(key(m));
            void startTerminal({ node: m.node, command: m.command, name: shortened(m.name) });
          }}
        >
          <SquareTerminal aria-hidden />
          <span className="min-w-0">
            <span className="block truncate">
              {m.node} · {m.name} <span className="text-muted">in {m.kind}</span>
            </span>
            <span className="block max-w-72 truncate text-sm text-muted">{foundWords(m)}</span>
          </span>
        </MenuItem>
      ))}
    </>
  );
}

function foundWords(m: Multiplexer): string {
  const windows = m.windows > 0 ? `${m.windows} ${m.windows === 1 ? "window" : "windows"}` : "";
  const attached = m.exited ? "has ended, is brought back" : m.attached > 0 ? "is open elsewhere" : "";
  return [windows, m.createdAt && ago(m.createdAt), attached].filter(Boolean).join(" · ");
}

/** A name within the bounds of a session's. */
function shortened(name: string): string {
  let short = name;
  while (new TextEncoder().encode(short).length > 64) short = [...short].slice(0, -1).join("");
  return short;
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
                {known[path] || s.title || shortDir(s.cwd || s.dir)} · {ago(s.startedAt)}
              </span>
            </span>
          </MenuItem>
        );
      })}
    </>
  );
}
