import type { Profile, Session, Snippet } from "@/gen/api";
import { Store } from "@/lib/store";

/** A window about terminals that is open, and what it is about. */
export type Asked =
  | { what: "switch" }
  | { what: "snippets" }
  | { what: "snippet"; snippet: Snippet | null }
  | { what: "profiles" }
  | { what: "profile"; profile: Profile | null }
  | { what: "start"; node: string; profile?: Profile; dir?: string }
  | { what: "label"; session: Session };

/** The window that is open, if any. Only one is. */
export const asked = new Store<Asked | null>(null);

export const ask = (about: Asked): void => asked.set(about);
export const done = (): void => asked.set(null);
