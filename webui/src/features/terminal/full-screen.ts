import { Store } from "@/lib/store";

/** What few browsers have: the keys that are otherwise theirs. */
interface WithKeyboard {
  keyboard?: { lock?(): Promise<void>; unlock?(): void };
}

/** Whether the page has the whole screen. */
export const fullScreen = new Store(document.fullscreenElement !== null);

document.addEventListener("fullscreenchange", () => fullScreen.set(document.fullscreenElement !== null));

/** Whether the page can have the whole screen here. An iPhone gives it to films only. */
export const canFillScreen = document.fullscreenEnabled;

/**
 * Whether a page that has the whole screen gets all keys: Ctrl+W, T and N, which
 * otherwise close and open tabs, and Escape, which then has to be held to leave.
 */
export const getsAllKeys = typeof (navigator as WithKeyboard).keyboard?.lock === "function";

/** Takes the whole screen, with all keys where the browser gives them, or gives it back. */
export async function toggleFullScreen(): Promise<void> {
  if (document.fullscreenElement) {
    await document.exitFullscreen(); // which gives the keys back, too
    return;
  }
  await document.documentElement.requestFullscreen({ navigationUI: "hide" });
  await (navigator as WithKeyboard).keyboard?.lock?.();
}
