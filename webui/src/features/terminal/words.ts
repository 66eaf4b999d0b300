import type { Session, Whoami } from "@/gen/api";
import { duration } from "@/lib/format";

/** What to call a session: its name, or the program that it runs. */
export function sessionName(s: Session): string {
  if (s.name) return s.name;
  const program = s.command[0]?.split("/").pop()?.replace(/^-/, "");
  return program || "shell";
}

/** Who opened a session, and on which device; the gateway says "Olivia on olivia-laptop". */
export function starter(s: Session): { name: string; device: string } {
  const at = s.startedBy.lastIndexOf(" on ");
  if (at < 0) return { name: s.startedBy, device: "" };
  return { name: s.startedBy.slice(0, at), device: s.startedBy.slice(at + 4) };
}

/** Who somebody is, to compare with what machines say of people. */
export function personKey(me: Pick<Whoami, "name" | "person" | "device">): string {
  if (me.person) return `person:${me.person.id}`;
  return me.device ? `device:${me.device.id}` : me.name;
}

/** Whose a session is: null for the one who looks at it, or if nobody knows. */
export function otherOwner(s: Session, me: Pick<Whoami, "name" | "person" | "device"> | null): string | null {
  return s.starter && me && s.starter !== personKey(me) ? starter(s).name : null;
}

/** "Olivia’s". */
export function possessive(name: string): string {
  return `${name}’s`;
}

/** What a session is called in a list: somebody else's says whose it is. */
export function sessionTitle(s: Session, owner: string | null): string {
  return owner ? `${possessive(owner)} ${sessionName(s)}` : sessionName(s);
}

/** The end of a path, which tells sessions apart better than its beginning. */
export function shortDir(dir: string): string {
  const parts = dir.split("/");
  return parts.length > 4 ? `…/${parts.slice(-2).join("/")}` : dir;
}

/** How a session ended: "The shell ended (exit 0)". */
export function exitWords(s: Session): string {
  const what = s.command.length <= 1 ? "The shell" : sessionName(s);
  if (s.unusedMs) return `${what} was ended after ${duration(s.unusedMs)} without use`;
  if (s.signal) return `${what} was ended (${s.signal})`;
  if (s.exitCode === null) return `${what} ended`;
  return `${what} ended (exit ${s.exitCode})`;
}
