import { useSyncExternalStore } from "react";

/** Whether a media query holds, as React state. */
export function useMedia(query: string): boolean {
  const media = window.matchMedia(query);
  return useSyncExternalStore(
    (changed) => {
      media.addEventListener("change", changed);
      return () => media.removeEventListener("change", changed);
    },
    () => media.matches,
  );
}

/** Touch screens and narrow windows get the key bar and the compact header. */
export const PHONE = "(max-width: 640px)";
export const TOUCH = "(pointer: coarse)";

/** Calls back when the page is hidden or shown, until the returned function is called. */
export function onVisibility(changed: () => void): () => void {
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}
