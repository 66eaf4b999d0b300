import type { ILinkHandler } from "@xterm/xterm";
import { Store } from "@/lib/store";

/** A link whose text does not say where it leads, which waits for a person. */
export const asking = new Store<{ address: string } | null>(null);

/** Links that programs write with a text of their own (OSC 8). */
export const linkHandler: ILinkHandler = {
  allowNonHttpProtocols: true, // allowed says which
  activate: (event, uri) => {
    event.preventDefault();
    const address = allowed(uri);
    if (address) asking.set({ address });
  },
};

/** The address if a link may lead there, else null. */
export function allowed(uri: string): string | null {
  try {
    const url = new URL(uri);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

/** Opens an address in a window that knows nothing of this one. */
export function openAddress(uri: string): void {
  const address = allowed(uri);
  if (address) window.open(address, "_blank", "noopener,noreferrer");
}
