import type { Needs, Session, Whoami } from "@/gen/api";
import { segments } from "@/lib/router";
import { tabPath } from "./tabs";

/** What whoever opens a link may do with the terminal, if their own rights allow it. */
export type Wish = "watch" | "type";

/**
 * The address of a terminal for somebody else. It stands at the home's own name,
 * as far as that is known, since this page may have been opened at another one.
 */
export function terminalLink(session: Session, wish: Wish, me: Whoami | null): string {
  const home = me?.home || window.location.origin;
  const query = wish === "watch" ? "watch" : `type=${encodeURIComponent(session.account)}`;
  return `${home}${tabPath({ node: session.node, session: session.id })}?${query}`;
}

/** The right that a link to a terminal asks for; null if the path is none. */
export function terminalNeeds(path: string): (Needs & { node: string }) | null {
  const [area, node, session] = segments(path);
  if (area !== "terminal" || !node || !session) return null;
  const wish = new URLSearchParams(window.location.search);
  if (!wish.has("type")) return { capability: "terminal:read", node };
  const account = wish.get("type");
  return { capability: "terminal:*", node, ...(account ? { account } : {}) };
}
