import { SearchAddon } from "@xterm/addon-search";
import { Unicode11Addon } from "@xterm/addon-unicode11";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { Terminal, type IDisposable } from "@xterm/xterm";
import "@xterm/xterm/css/xterm.css";
import { TOUCH } from "@/lib/media";
import { theme } from "@/lib/theme";
import { guard } from "./guard";
import { PictureWriter } from "./images";
import { linkHandler, openAddress } from "./links";
import { Marks } from "./marks";
import { palette } from "./palette";
import { settings } from "./settings";

const FONT =
  'ui-monospace, "SF Mono", SFMono-Regular, Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';

/** An emulator with what Homie adds to it. Loaded when the first one is needed. */
export interface Engine {
  term: Terminal;
  search: SearchAddon;
  marks: Marks;
  /** What output has to go through. */
  output: PictureWriter;
}

/** How many places that match a search are shown, see search-panel.tsx. */
const MOST_FOUND = 2_000;

/** Makes an emulator in host, which must be in the page and have a size. */
export function createEngine(host: HTMLElement): Engine {
  const term = new Terminal({
    allowProposedApi: true, // unicode versions, search decorations
    cursorBlink: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    fontFamily: FONT,
    fontSize: settings.get().fontSize,
    linkHandler,
    lineHeight: 1.15,
    minimumContrastRatio: 4.5,
    macOptionIsMeta: true,
    rightClickSelectsWord: false,
    screenReaderMode: settings.get().screenReader,
    scrollback: 10_000,
    theme: palette(theme.get()),
  });
  const search = new SearchAddon({ highlightLimit: MOST_FOUND });
  term.loadAddon(search);
  term.loadAddon(new Unicode11Addon());
  term.loadAddon(new WebLinksAddon(openLink));
  term.unicode.activeVersion = "11";
  guard(term);
  term.open(host);
  return { term, search, marks: new Marks(term), output: new PictureWriter(term) };
}

function openLink(event: MouseEvent, uri: string): void {
  event.preventDefault();
  openAddress(uri); // the text is the address
}

/**
 * Draws with the graphics card where there is one; null: the page's own way,
 * which touch screens keep: it costs their battery less, and what it draws is
 * text that the system's own tools can read and select.
 */
export async function drawFast(term: Terminal): Promise<IDisposable | null> {
  if (window.matchMedia(TOUCH).matches) return null;
  try {
    const { WebglAddon } = await import("@xterm/addon-webgl");
    const webgl = new WebglAddon();
    // Browsers take contexts away; the terminal then draws the page's way.
    webgl.onContextLoss(() => webgl.dispose());
    term.loadAddon(webgl);
    return webgl;
  } catch {
    return null;
  }
}
