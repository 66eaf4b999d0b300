import { LayoutGrid } from "lucide-react";
import type { Session, Whoami } from "@/gen/api";
import { ago } from "@/lib/format";
import { useLive } from "@/lib/live";
import { navigate } from "@/lib/router";
import { useStore } from "@/lib/store";
import { can } from "@/features/identity/rights";
import { hasTerminal, machines, usualAccount } from "@/features/presence/machines";
import { ask } from "./dialogs";
import { inUseOrder, searchText } from "./find";
import { SessionIcon } from "./icons";
import { profiles, useKept } from "./kept";
import { openTerminal } from "./launch";
import { Picker, type Choice } from "./picker";
import { openProfile } from "./open-profile";
import { byUse, recent } from "./recent";
import { useSessions } from "./sessions";
import { tabPath } from "./tabs";
import { titles } from "./titles";
import { exitWords, otherOwner, sessionTitle, shortDir } from "./words";

/** Goes to any terminal of the home, or opens one, by typing a part of what is known of it. */
export function Switcher({ me, onClose, returnFocus }: { me: Whoami; onClose: () => void; returnFocus?: (() => void) | undefined }) {
  const all = useSessions(can(me, "terminal:read"));
  const known = useStore(titles);
  const used = useStore(recent);
  const state = useLive(machines);
  const mayStart = can(me, "terminal:write");
  const kept = useKept(profiles, mayStart).value ?? [];
  const open = state.value?.filter((m) => hasTerminal(m) && m.mayOpenTerminal && m.online) ?? [];

  const choices: Choice[] = [
    ...inUseOrder(all).map((s) => toSession(s, known[tabPath({ node: s.node, session: s.id })] ?? "", me)),
    ...byUse(kept, (p) => p.id, used).map((p) => ({
      id: `profile-${p.id}`,
      heading: "New, by a profile",
      title: p.name,
      about: p.node ? `on ${p.node}` : "on any machine",
      icon: <SessionIcon icon={p.icon} />,
      words: `${p.command.join(" ")} ${p.dir} ${p.node}`,
      choose: () => openProfile(p, open, used),
    })),
    ...open.map((m) => ({
      id: `machine-${m.name}`,
      heading: "New",
      title: `New terminal on ${m.name}`,
      icon: <SessionIcon icon="terminal" />,
      choose: () => void openTerminal(m.name, usualAccount(m)),
    })),
    {
      id: "all",
      heading: "More",
      title: "All terminals",
      about: "rename, group, end",
      icon: <LayoutGrid aria-hidden />,
      choose: () => navigate("/terminal/all"),
    },
    ...(mayStart
      ? [{ id: "profiles", heading: "More", title: "Profiles", icon: <SessionIcon icon="wrench" />, choose: () => ask({ what: "profiles" }) }]
      : []),
  ];
  return (
    <Picker
      title="Go to a session"
      label="Name, title, command, folder, machine or person"
      choices={choices}
      empty="There is none."
      onClose={onClose}
      returnFocus={returnFocus}
    />
  );
}

function toSession(s: Session, title: string, me: Whoami): Choice {
  const path = tabPath({ node: s.node, session: s.id });
  const running = s.state === "running";
  const about = running ? `${title || s.title || shortDir(s.cwd || s.dir)} · ${ago(s.startedAt)}` : exitWords(s);
  return {
    id: path.replaceAll("/", "-"),
    heading: running ? "Running" : "Ended",
    title: `${s.node} · ${sessionTitle(s, otherOwner(s, me))}`,
    about: s.group ? `${s.group} · ${about}` : about,
    icon: <SessionIcon icon={s.icon} className={running ? "text-good" : "text-muted"} />,
    words: searchText(s, title),
    choose: () => navigate(path),
  };
}
