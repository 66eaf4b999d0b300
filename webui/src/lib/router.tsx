import type { AnchorHTMLAttributes, MouseEvent } from "react";
import { Store, useStore } from "./store";

const path = new Store(window.location.pathname);

/** Follows the browser's back and forward buttons from here on. */
export function startRouter(): void {
  window.addEventListener("popstate", () => path.set(window.location.pathname));
}

export function navigate(to: string, options: { replace?: boolean } = {}): void {
  if (to === path.get()) return;
  if (options.replace) window.history.replaceState(null, "", to);
  else window.history.pushState(null, "", to);
  path.set(to);
  if (!options.replace) window.scrollTo(0, 0);
}

export function usePath(): string {
  return useStore(path);
}

/** The parts of a path, decoded: "/machines/den" gives ["machines", "den"]. */
export function segments(of: string): string[] {
  return of
    .split("/")
    .filter(Boolean)
    .map((part) => {
      try {
        return decodeURIComponent(part);
      } catch {
        return part;
      }
    });
}

/** A link within the app. */
export function Link({ href, onClick, ...rest }: AnchorHTMLAttributes<HTMLAnchorElement> & { href: string }) {
  const follow = (e: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(e);
    if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    navigate(href);
  };
  return <a href={href} onClick={follow} {...rest} />;
}
