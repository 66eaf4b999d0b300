import type { Session, Viewer, Whoami } from "@/gen/api";
import { list } from "@/lib/format";
import { personKey } from "./words";

/** Somebody in a session, as one who looks at it sees them. */
export interface Present extends Viewer {
  /** It is this very view. */
  here: boolean;
  /** It is the same person, perhaps on another device. */
  self: boolean;
  typing: boolean;
  /** Their keys alone are taken. */
  controls: boolean;
}

/** Everybody in a session, in the order in which they came. */
export function presentIn(session: Session, you: string, typing: string[], me: Whoami | null): Present[] {
  const mine = me && personKey(me);
  return session.people.map((v) => ({
    ...v,
    here: v.key === you,
    self: v.person === mine,
    typing: typing.includes(v.key),
    controls: session.control?.viewer === v.key,
  }));
}

/** "Max on max-tablet", "You on olivia-phone", "You, here". */
export function presentName(p: Present): string {
  if (p.here) return "You, here";
  const name = p.self ? "You" : p.name;
  return p.device && p.device !== p.name ? `${name} on ${p.device}` : name;
}

/** What somebody does at the moment, "" if nothing is worth a word. */
export function presentDoes(p: Present): string {
  if (p.typing) return "is typing…";
  if (p.controls) return p.here ? "have control" : "has control";
  if (p.watch) return p.here ? "watching" : "only watches";
  return p.hidden ? "has it in the background" : "";
}

/** Who else is there, in one line; "" for nobody. */
export function companyLine(present: Present[]): string {
  const others = present.filter((p) => !p.here);
  const typing = others.filter((p) => p.typing);
  if (typing.length === 1 && !typing[0]!.self) return `${presentName(typing[0]!)} is typing…`;
  if (typing.length > 0) return `${names(typing)} ${are(typing)} typing…`;
  const [first] = others;
  if (!first) return "";
  if (others.length > 1) return `${names(others)} ${are(others)} here`;
  if (first.self) return `You are here on ${first.device || "another screen"}, too`;
  return `${presentName(first)} ${first.watch ? "is watching" : "is here"}`;
}

/** Names without devices, each once: "Max, Mia and 2 others". */
function names(of: Present[]): string {
  const all = [...new Set(of.map((p) => (p.self ? "You" : p.name)))];
  if (all.length === 1 && of.length > 1) return `${all[0]} on ${of.length} screens`;
  if (all.length <= 3) return list(all);
  return `${all.slice(0, 2).join(", ")} and ${all.length - 2} others`;
}

function are(of: Present[]): "is" | "are" {
  return new Set(of.map((p) => p.name)).size > 1 || of[0]?.self ? "are" : "is";
}

/** Whether somebody may take control back from whoever has it. */
export function mayTakeBack(session: Session, me: Whoami): boolean {
  return me.roles.includes("owner") || session.starter === personKey(me) || session.control?.person === personKey(me);
}
