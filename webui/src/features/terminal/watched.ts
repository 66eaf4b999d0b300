import { tabPath, type Tab } from "./tabs";

const KEY = "homie.watched";

/** Whether somebody wants only to look on in a tab, also after the page is loaded again. */
export function isWatched(tab: Tab): boolean {
  return stored().includes(tabPath(tab));
}

export function setWatched(tab: Tab, watched: boolean): void {
  const others = stored().filter((path) => path !== tabPath(tab));
  try {
    sessionStorage.setItem(KEY, JSON.stringify(watched ? [...others, tabPath(tab)] : others));
  } catch {
    // It lasts until the page is loaded again, then.
  }
}

/**
 * Takes the wish that a link to a terminal brings along, "?watch" or "?type", and
 * leaves the plain address.
 */
export function takeWish(tab: Tab): "watch" | "type" | null {
  const wish = new URLSearchParams(window.location.search);
  if (window.location.pathname !== tabPath(tab)) return null;
  const found = wish.has("watch") ? "watch" : wish.has("type") ? "type" : null;
  if (found) window.history.replaceState(null, "", tabPath(tab));
  return found;
}

function stored(): string[] {
  try {
    const value: unknown = JSON.parse(sessionStorage.getItem(KEY) ?? "[]");
    return Array.isArray(value) ? value.filter((path) => typeof path === "string") : [];
  } catch {
    return [];
  }
}
