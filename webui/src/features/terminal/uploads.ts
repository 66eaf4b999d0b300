import { Store } from "@/lib/store";
import type { Caller } from "./attachment";
import { sameTab, type Tab } from "./tabs";
import { Upload } from "./upload";

/** How many files are sent at once; the others wait. */
export const AT_ONCE = 2;

/** Uploads is the files of this page that are on their way, or were. */
export class Uploads {
  readonly all = new Store<Upload[]>([]);
  private readonly caller: Caller;
  private choosing = false; // starting one changes its state, which would choose again

  constructor(caller: Caller) {
    this.caller = caller;
  }

  /** Sends files to the folder that a terminal is in, or to another one. */
  add(tab: Tab, files: Iterable<File>, dir?: string): void {
    for (const file of files) {
      const upload = new Upload(this.caller, tab, file, dir);
      this.all.update((all) => [...all, upload]);
      upload.state.subscribe(() => this.next());
    }
    this.next();
  }

  /** Tries one again that failed. */
  again(upload: Upload): void {
    upload.state.update((s) => ({ ...s, phase: "waiting", error: null }));
    this.next();
  }

  /** Takes one off the list, and gives it up if it is still on its way. */
  remove(upload: Upload): void {
    if (upload.state.get().phase !== "done") upload.cancel();
    this.all.update((all) => all.filter((u) => u !== upload));
    this.next();
  }

  /** Takes off what is done. */
  clear(tab: Tab): void {
    this.all.update((all) => all.filter((u) => !sameTab(u.tab, tab) || u.state.get().phase !== "done"));
  }

  private next(): void {
    if (this.choosing) return;
    this.choosing = true;
    this.choose(this.all.get());
    this.choosing = false;
  }

  private choose(all: Upload[]): void {
    let busy = all.filter((u) => ["sending", "away"].includes(u.state.get().phase)).length;
    for (const upload of all) {
      if (busy >= AT_ONCE) return;
      if (upload.state.get().phase !== "waiting") continue;
      busy++;
      upload.start();
    }
  }
}

/** What is said of one that is on its way: "3.1 MB of 12 MB · 2.0 MB/s · 5 seconds left". */
export function leftWords(sent: number, size: number, rate: number | null): string | null {
  if (rate === null || rate <= 0) return null;
  const seconds = Math.ceil((size - sent) / rate);
  if (seconds < 60) return seconds === 1 ? "1 second left" : `${seconds} seconds left`;
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return minutes === 1 ? "1 minute left" : `${minutes} minutes left`;
  const hours = Math.ceil(minutes / 60);
  return hours === 1 ? "1 hour left" : `${hours} hours left`;
}

/** A path as a shell takes it for one word. */
export function quoted(path: string): string {
  return /^[A-Za-z0-9_./~+:@%-]+$/.test(path) && !path.startsWith("~") ? path : `'${path.replaceAll("'", `'\\''`)}'`;
}
