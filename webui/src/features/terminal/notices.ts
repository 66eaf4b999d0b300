import { navigate } from "@/lib/router";
import { Store } from "@/lib/store";
import { tabPath, type Tab } from "./tabs";

/** What people are told of while the page is out of sight, on this device. */
export interface Notices {
  on: boolean;
  /** How long a command has to run to be told of, in milliseconds. */
  longMs: number;
  /** Paths of the sessions that are not told of. */
  muted: string[];
}

/** What the browser says: it has no such thing, was not asked, or said yes or no. */
export type Permission = "none" | "default" | "granted" | "denied";

const KEY = "homie.notices";
const MOST_MUTED = 100;

export const notices = new Store<Notices>(stored());

export function changeNotices(some: Partial<Notices>): void {
  const next = { ...notices.get(), ...some };
  next.muted = next.muted.slice(-MOST_MUTED);
  notices.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // It holds for this page only.
  }
}

export function isMuted(tab: Tab, all: Notices): boolean {
  return all.muted.includes(tabPath(tab));
}

export function mute(tab: Tab, muted: boolean): void {
  const others = notices.get().muted.filter((path) => path !== tabPath(tab));
  changeNotices({ muted: muted ? [...others, tabPath(tab)] : others });
}

export function permission(): Permission {
  return "Notification" in window ? Notification.permission : "none";
}

/** Asks the browser, and switches notices on if it says yes. Call from a click. */
export async function askPermission(): Promise<Permission> {
  if (permission() === "none") return "none";
  const said = await Notification.requestPermission();
  changeNotices({ on: said === "granted" });
  return said;
}

/** Shows a notice of the system. False: the browser does not let a page do so. */
export function notify(tab: Tab | null, text: string): boolean {
  if (permission() !== "granted") return false;
  try {
    const shown = new Notification(tab ? `${tab.node}: ${text}` : text, {
      icon: "/icon-192.png",
      tag: tab ? tabPath(tab) : "homie-test", // a later one takes its place
    });
    shown.onclick = () => {
      window.focus();
      if (tab) navigate(tabPath(tab));
      shown.close();
    };
    return true;
  } catch {
    return false; // phones want a program of the browser's own for it
  }
}

function stored(): Notices {
  const usual: Notices = { on: false, longMs: 10_000, muted: [] };
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Notices>;
    return {
      on: value.on === true,
      longMs: typeof value.longMs === "number" && value.longMs >= 0 ? value.longMs : usual.longMs,
      muted: Array.isArray(value.muted) ? value.muted.filter((m) => typeof m === "string").slice(-MOST_MUTED) : [],
    };
  } catch {
    return usual;
  }
}
