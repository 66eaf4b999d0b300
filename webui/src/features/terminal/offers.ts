import { Store } from "@/lib/store";
import type { OpenTerminal } from "./terminal";

/** The private sequence by which `homie get` in a terminal offers a file. */
export const OFFER = 7717;

/** A file that a program in a terminal offers to whoever looks. */
export interface Offer {
  terminal: OpenTerminal;
  path: string;
  size: number | null; // as the program says
}

/** The offer that is shown. There is one: a second must not slip under a click on the first. */
export const offer = new Store<Offer | null>(null);

/** How long after one was answered no other is shown, in milliseconds. */
const PAUSE = 3_000;
let answered = -PAUSE;

const MAX_PATH = 4_096;

/**
 * Takes what follows the number of the sequence: "get;BASE64 OF THE PATH;SIZE".
 * Any program can print it, so that it does nothing but show a card, and that
 * not more often than somebody can read.
 */
export function takeOffer(terminal: OpenTerminal, data: string, now = Date.now()): void {
  const found = parseOffer(data);
  if (!found || offer.get() !== null || now - answered < PAUSE) return;
  offer.set({ terminal, ...found });
}

/** The offer was taken or refused. */
export function answerOffer(now = Date.now()): void {
  answered = now;
  offer.set(null);
}

export function parseOffer(data: string): { path: string; size: number | null } | null {
  const [verb, encoded, size, ...rest] = data.split(";");
  if (verb !== "get" || !encoded || rest.length > 0 || encoded.length > 2 * MAX_PATH) return null;
  let path: string;
  try {
    const bytes = Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0));
    path = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
  if (!path.startsWith("/") || path.length > MAX_PATH || path.includes("\0")) return null;
  return { path, size: size && /^\d{1,15}$/.test(size) ? Number(size) : null };
}

/** A name or path with its characters that do not show made visible. */
export function visible(name: string): string {
  return name.replace(/[\p{C}\u2028\u2029]/gu, "\ufffd");
}

/** The address of a file, for a link that saves it. */
export function fileAddress(tab: { node: string; session: string }, path: string): string {
  return `/files/${encodeURIComponent(tab.node)}/${encodeURIComponent(tab.session)}?path=${encodeURIComponent(path)}`;
}

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
