import { Pencil, Plus } from "lucide-react";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useLive } from "@/lib/live";
import { useStore } from "@/lib/store";
import { useCan } from "@/features/identity/rights";
import { hasTerminal, machines } from "@/features/presence/machines";
import { joinCommand } from "./argv";
import { ask } from "./dialogs";
import { SessionIcon } from "./icons";
import { profiles, useKept } from "./kept";
import { openProfile } from "./open-profile";
import { Picker } from "./picker";
import { byUse, recent } from "./recent";

/** The profiles: to start a terminal by one, or to look after them. */
export function ProfilePicker({ onClose, returnFocus }: { onClose: () => void; returnFocus?: (() => void) | undefined }) {
  const state = useKept(profiles, true);
  const used = useStore(recent);
  const mayShare = useCan("sharing:write");
  const open = useLive(machines).value?.filter((m) => hasTerminal(m) && m.mayOpenTerminal && m.online) ?? [];
  const all = state.value ?? [];
  return (
    <Picker
      title="Profiles"
      label="Name or command"
      choices={byUse(all, (p) => p.id, used).map((p) => ({
        id: p.id,
        heading: "Start a terminal",
        title: p.name,
        about: [p.node || "any machine", joinCommand(p.command) || "shell", p.dir].filter(Boolean).join(" · "),
        icon: <SessionIcon icon={p.icon} />,
        badge: p.shared && <Badge>shared</Badge>,
        words: `${p.command.join(" ")} ${p.dir} ${p.node} ${p.group}`,
        choose: () => openProfile(p, open, used),
      }))}
      empty={state.error ? state.error.message : "None yet. A profile keeps a command, its folder and its variables."}
      onClose={onClose}
      returnFocus={returnFocus}
      foot={(marked) => {
        const one = all.find((p) => p.id === marked?.id);
        const mayEdit = one && (!one.shared || mayShare);
        return (
          <div className="mt-3 flex flex-wrap gap-2">
            <Button size="sm" onClick={() => ask({ what: "profile", profile: null })}>
              <Plus aria-hidden />
              New profile
            </Button>
            {mayEdit && (
              <Button size="sm" look="ghost" className="max-w-full" onClick={() => ask({ what: "profile", profile: one })}>
                <Pencil aria-hidden />
                <span className="truncate">Edit “{one.name}”</span>
              </Button>
            )}
          </div>
        );
      }}
    />
  );
}
