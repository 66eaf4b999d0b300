import type { GrantInfo, Whoami } from "@/gen/api";
import { client } from "@/app/client";
import { list } from "@/lib/format";
import { useStore } from "@/lib/store";
import { covers } from "./covers";

/**
 * Whether the caller holds a capability somewhere. It decides what the app
 * offers; the gateway decides what is allowed.
 */
export function can(me: Whoami | null, capability: string): boolean {
  return me !== null && me.capabilities.some((pattern) => covers(pattern, capability));
}

export function useMe(): Whoami | null {
  return useStore(client.me);
}

export function useCan(capability: string): boolean {
  return can(useMe(), capability);
}

/** What a capability lets a person do, to be read after "You may". */
export const abilities: { capability: string; may: string }[] = [
  { capability: "presence:read", may: "see the machines of this home and how they are" },
  { capability: "terminal:write", may: "open terminals on machines and type in them" },
  { capability: "terminal:read", may: "see which terminals are open, and watch them" },
  { capability: "jobs:press", may: "press the buttons of this home" },
  { capability: "jobs:run", may: "start and cancel any job" },
  { capability: "jobs:edit", may: "define what machines do by name" },
  { capability: "sharing:write", may: "share profiles and quick commands with everybody" },
  { capability: "pairing:read", may: "see which machines ask to join this home" },
  { capability: "pairing:write", may: "let machines join this home, and remove them" },
  { capability: "audit:read", may: "see who did what in this home" },
  { capability: "people:read", may: "see who may do what in this home" },
];

const roles: Record<string, { title: string; says: string }> = {
  owner: { title: "Owner", says: "You look after this home. Everything in Homie is open to you." },
  member: { title: "Member", says: "You live here. You see the machines and use what was opened for you." },
  guest: { title: "Guest", says: "You are a guest. You see the machines of this home." },
  kiosk: { title: "Shared screen", says: "This is a shared screen. It shows how the machines are." },
};

/** A role as a person would name it, and what it means. */
export function role(name: string): { title: string; says: string } {
  return roles[name] ?? { title: name, says: "You have a role of its own in this home." };
}

/** What one grant gives, in a sentence; to whom, if not to the reader. */
export function grantSentence(grant: GrantInfo, whom = "you"): string {
  const parts: string[] = [];
  if (grant.role) parts.push(`makes ${whom} ${role(grant.role).title.toLowerCase()}`);
  if (grant.allow?.length) parts.push(`allows ${list(grant.allow)}`);
  if (grant.as?.length) parts.push(`opens terminals as ${list(grant.as)}`);
  const where = grant.nodes?.length ? `on ${list(grant.nodes)}` : "on every machine";
  if (parts.length === 0) return "Gives nothing by itself.";
  const text = `${list(parts)} ${where}`;
  return `${text[0]!.toUpperCase()}${text.slice(1)}.`;
}

/** What to call someone in a greeting: a first name where there is one. */
export function shortName(me: Whoami): string {
  return me.name.split(/[\s@]/)[0] || me.name;
}
