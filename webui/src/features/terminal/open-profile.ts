import type { Machine, Profile } from "@/gen/api";
import { ask } from "./dialogs";
import { fromProfile, startTerminal } from "./launch";
import { noteUse } from "./recent";

/** Opens a terminal by a profile; where it says no machine and there are several, asks on which. */
export function openProfile(p: Profile, open: Machine[], used: string[]): void {
  const only = p.node || (open.length === 1 ? open[0]!.name : "");
  noteUse(p.id);
  if (only) void startTerminal(fromProfile(p, only));
  else ask({ what: "start", node: used.find((k) => open.some((m) => m.name === k)) ?? open[0]?.name ?? "", profile: p });
}
