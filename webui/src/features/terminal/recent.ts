import { Store } from "@/lib/store";

const KEY = "homie.recent";
const MOST = 50;

/** What was started last on this device, the latest first: profiles, tmux sessions, machines. */
export const recent = new Store<string[]>(stored());

/** Notes that something was used, whatever the key names. */
export function noteUse(key: string): void {
  const next = [key, ...recent.get().filter((k) => k !== key)].slice(0, MOST);
  recent.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // It is known until the page is closed.
  }
}

/** Things in the order of their last use; what was never used comes last, as it was. */
export function byUse<T>(all: T[], key: (t: T) => string, used: string[]): T[] {
  const at = (t: T) => {
    const i = used.indexOf(key(t));
    return i < 0 ? used.length : i;
  };
  return all.toSorted((a, b) => at(a) - at(b));
}

function stored(): string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter((k) => typeof k === "string").slice(0, MOST) : [];
  } catch {
    return [];
  }
}
