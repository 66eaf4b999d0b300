import type { IDisposable, Terminal } from "@xterm/xterm";
import { client } from "@/app/client";
import { toastError } from "@/components/ui/toast";
import { Store } from "@/lib/store";
import { TOUCH, onVisibility } from "@/lib/media";
import { theme } from "@/lib/theme";
import { localError } from "@/rpc/errors";
import { noteSight } from "./attention";
import { Attachment } from "./attachment";
import type { Engine } from "./engine";
import { encodeKey, isAnswer, modifiers, modify, releaseModifiers, type SpecialKey } from "./keys";
import { OFFER, takeOffer } from "./offers";
import { palette } from "./palette";
import { ProgramCopy } from "./program-copy";
import { Letterbox } from "./scale";
import { sessions } from "./sessions";
import { settings } from "./settings";
import { shortcut, type Shortcut } from "./shortcuts";
import { splitOf } from "./splits";
import type { Tab } from "./tabs";
import { composing, listenSoftly } from "./soft-keyboard";
import { useByTouch } from "./touch";
import { TouchSelect } from "./touch-select";
import { TypingAhead } from "./typing-ahead";
import { isWatched, setWatched } from "./watched";

const encoder = new TextEncoder();

/** How much of the scrollback the copy sheet shows. */
const TEXT_LINES = 2_000;

/**
 * OpenTerminal is one terminal of this page: an emulator and its hold on a
 * session. It lives as long as its tab, whichever page is shown.
 */
export class OpenTerminal {
  readonly tab: Tab;
  readonly attachment: Attachment;
  readonly engine = new Store<Engine | null>(null);
  readonly title = new Store("");
  /** Selecting with a finger, once there is an emulator. */
  readonly selecting = new Store<TouchSelect | null>(null);
  /** Counts how often all of what has scrolled away was loaded. */
  readonly loads = new Store(0);
  readonly copies = new ProgramCopy(() => this.shown && !document.hidden && !this.attachment.replaying);
  onShortcut: (what: Shortcut) => void = () => {};
  /** A finger swiped: 1 towards the tab on the right. */
  onSwipe: (by: 1 | -1) => void = () => {};

  private readonly host = document.createElement("div");
  private readonly undo: (() => void)[] = [];
  private booting = false;
  private eager = false; // it is to have the keyboard
  private shown = false;
  private drawn = false; // as it is shown, so that it can be measured
  private disposed = false;
  private fast: IDisposable | null = null;
  private ahead: TypingAhead | null = null;
  private soft: ReturnType<typeof listenSoftly> | null = null;
  private box: Letterbox | null = null;
  private observer: ResizeObserver | null = null;
  private fitting = 0;
  private fromBottom: number | null = null; // where to scroll to when history is loaded
  private waiting: { bytes: Uint8Array; parsed: () => void }[] = []; // output before the emulator is loaded

  constructor(tab: Tab) {
    this.tab = tab;
    this.host.className = "h-full w-full touch-none";
    const sink = {
      write: (bytes: Uint8Array, parsed: () => void) => {
        const engine = this.engine.get();
        if (engine) {
          engine.output.write(bytes, () => {
            parsed();
            this.ahead?.printed();
          });
        }
        else this.waiting.push({ bytes, parsed }); // bounded by the stream's credit
      },
      reset: () => {
        this.waiting = [];
        // In line with the output: what was written before is parsed before.
        const engine = this.engine.get();
        engine?.output.write("", () => {
          engine.term.reset();
          engine.marks.forget();
        });
        this.ahead?.forget();
      },
      marks: (marks: string) => {
        const engine = this.engine.get();
        engine?.output.write("", () => engine.marks.restore(marks));
      },
      whole: () => this.engine.get()?.output.write("", () => this.loaded()),
    };
    this.attachment = new Attachment(client, tab, sink, isWatched(tab) ? "wants" : "no");
    this.undo.push(client.me.subscribe(() => this.attachment.reconsider()));
  }

  /** Puts the terminal into the page. Call hide before another one is shown. */
  show(parent: HTMLElement): void {
    parent.append(this.host);
    this.shown = true;
    noteSight(this.tab, true);
    this.observer = new ResizeObserver(() => this.fitSoon());
    this.observer.observe(parent);
    this.attachment.looks(!document.hidden);
    const engine = this.engine.get();
    if (engine) void this.awake(engine);
    else void this.boot();
  }

  /** Takes the terminal out of the page; it goes on receiving. */
  hide(): void {
    this.shown = false;
    noteSight(this.tab, false);
    this.drawn = false;
    this.eager = false;
    this.observer?.disconnect();
    cancelAnimationFrame(this.fitting);
    // Browsers have few graphics contexts; only the one that is seen holds one.
    this.fast?.dispose();
    this.fast = null;
    this.host.remove();
    this.attachment.looks(false);
  }

  /** Takes the keyboard, as soon as there is an emulator. */
  focus(): void {
    this.eager = true;
    this.engine.get()?.term.focus();
  }

  /** Types text, as if from the keyboard. */
  type(text: string): void {
    if (text === "") return;
    if (this.attachment.write(encoder.encode(text))) {
      if (this.takesKeys && !isAnswer(text)) {
        this.ahead?.typed(text);
        this.copies.used();
      }
      return;
    }
    if (this.attachment.state.get().phase !== "live") return;
    toastError(
      "That was not typed",
      localError("payload_too_large", "It is more than the terminal takes at once. Send it as a file, or in parts."),
    );
  }

  /** Gets what has scrolled away and is on the machine only, if there is any. */
  loadHistory(): void {
    const term = this.engine.get()?.term;
    if (!term || term.buffer.active.type !== "normal") return;
    const { baseY, viewportY } = term.buffer.active;
    if (this.attachment.loadHistory()) this.fromBottom = baseY - viewportY;
  }

  toBottom(): void {
    this.engine.get()?.term.scrollToBottom();
  }

  /** Whether what is typed here goes anywhere. */
  get takesKeys(): boolean {
    return this.attachment.watching.get() === "no" && this.attachment.heard.get();
  }

  /** Only looks on from now on, or types again. */
  watch(watches: boolean): void {
    setWatched(this.tab, watches);
    this.attachment.watch(watches ? "wants" : "no");
    this.focus();
  }

  selection(): string {
    return this.engine.get()?.term.getSelection() ?? "";
  }

  /** What is shown and what has scrolled away, as plain text. */
  text(): string {
    const buffer = this.engine.get()?.term.buffer.active;
    if (!buffer) return "";
    let text = "";
    for (let y = Math.max(0, buffer.length - TEXT_LINES); y < buffer.length; y++) {
      const line = buffer.getLine(y);
      const next = buffer.getLine(y + 1);
      text += line?.translateToString(!next?.isWrapped) ?? "";
      if (!next?.isWrapped) text += "\n";
    }
    return text.trimEnd();
  }

  /** Pastes text, in the way the program in the terminal asked for. */
  paste(text: string): void {
    this.engine.get()?.term.paste(text);
    this.soft?.reset();
  }

  /** Sends a special key as the program in the terminal expects it. */
  press(key: SpecialKey): void {
    const application = this.engine.get()?.term.modes.applicationCursorKeysMode ?? false;
    this.type(encodeKey(key, modifiers.get(), application));
    this.struck();
  }

  /** Types text by a key of the key bar, with the modifiers that are held. */
  strike(text: string): void {
    this.type(modify(text, modifiers.get()));
    this.struck();
  }

  dispose(): void {
    this.disposed = true;
    this.hide();
    this.attachment.close();
    for (const undo of this.undo) undo();
    this.ahead?.dispose();
    this.engine.get()?.term.dispose();
    this.engine.set(null);
  }

  private async boot(): Promise<void> {
    if (this.booting) return;
    this.booting = true;
    const { createEngine } = await import("./engine");
    if (this.disposed) return;
    if (!this.host.isConnected) {
      this.booting = false; // shown again later
      return;
    }
    const engine = createEngine(this.host);
    this.ahead = new TypingAhead(engine.term, this.attachment);
    this.connect(engine);
    this.engine.set(engine);
    for (const { bytes, parsed } of this.waiting) engine.output.write(bytes, parsed);
    this.waiting = [];
    await this.awake(engine);
    if (this.disposed) return;
    if (this.eager) this.focus();
    this.attachment.attach();
  }

  private connect(engine: Engine): void {
    const { term } = engine;
    this.box = new Letterbox(this.host, term, settings.get().fontSize);
    term.onData((text) => this.typed(text));
    term.onBinary((text) => this.binary(text));
    term.parser.registerOscHandler(OFFER, (data) => {
      if (!this.attachment.replaying && this.shown) takeOffer(this, data);
      return true;
    });
    term.onTitleChange((title) => this.title.set(title));
    term.attachCustomKeyEventHandler((e) => {
      const what = shortcut(e, { selected: term.hasSelection(), split: splitOf(this.tab) !== null });
      if (!what) return true;
      if (e.type === "keydown") this.onShortcut(what);
      if (what !== "paste") e.preventDefault(); // the browser pastes by itself
      return false;
    });
    this.undo.push(
      theme.subscribe(() => (term.options.theme = palette(theme.get()))),
      settings.subscribe(() => {
        term.options.screenReaderMode = settings.get().screenReader;
        this.fitSoon();
      }),
      this.attachment.shape.subscribe(() => this.reshape()),
      this.attachment.foreign.subscribe(() => this.frame()),
      sessions.use(() => this.heed()),
      onVisibility(() => this.attachment.looks(this.shown && !document.hidden)),
      () => engine.marks.dispose(),
    );
    this.useByTouch(term);
    this.copies.listen(term);
    this.host.addEventListener("pointerdown", () => this.copies.used());
    term.onRender(() => {
      const { viewportY, baseY } = term.buffer.active;
      if (viewportY === 0 && baseY > 0) this.loadHistory(); // somebody scrolled to the top
    });
    term.textarea?.addEventListener("focus", () => this.attachment.looks(true));
  }

  private useByTouch(term: Terminal): void {
    const select = new TouchSelect(term);
    this.selecting.set(select);
    this.undo.push(useByTouch(this.host, term, select, this.attachment.foreign.get, (by) => this.onSwipe(by)));
    if (!term.textarea || !window.matchMedia(TOUCH).matches) return;
    const composed = composing(term);
    this.soft = listenSoftly(this.host, term.textarea, (text) => term.input(text), composed);
    this.undo.push(this.soft.undo);
  }

  /** Gives the emulator the session's size. */
  private reshape(): void {
    const size = this.attachment.shape.get();
    const engine = this.engine.get();
    if (!size || !engine) return;
    // In line with the output, which was printed for the size before.
    engine.output.write("", () => {
      engine.term.resize(size.cols, size.rows);
      this.frame();
    });
  }

  /** Shows another's size so that it can be seen here. */
  private frame(): void {
    this.box?.show(this.attachment.foreign.get(), settings.get().scale);
  }

  /** What was asked for of history is there: what was looked at comes back into sight. */
  private loaded(): void {
    if (this.fromBottom === null) return;
    const term = this.engine.get()?.term;
    term?.scrollToLine(term.buffer.active.baseY - this.fromBottom);
    this.fromBottom = null;
    this.loads.update((n) => n + 1);
  }

  /** Takes what the list of sessions says of this one. */
  private heed(): void {
    const all = sessions.state.get().value;
    const session = all?.find((s) => s.node === this.tab.node && s.id === this.tab.session);
    if (session) this.attachment.told(session);
  }

  /** Draws with the means there are, and then looks at what fits. */
  private async awake(engine: Engine): Promise<void> {
    if (this.fast === null) {
      const { drawFast } = await import("./engine");
      const fast = await drawFast(engine.term);
      if (this.shown && this.fast === null) this.fast = fast;
      else fast?.dispose();
    }
    if (!this.shown) return;
    this.drawn = true;
    this.box?.redrawn();
    this.fitNow(); // only now, as what draws has cells of its own size
  }

  private fitSoon(): void {
    cancelAnimationFrame(this.fitting);
    this.fitting = requestAnimationFrame(() => this.fitNow());
  }

  private fitNow(): void {
    const engine = this.engine.get();
    if (!engine || !this.drawn || this.host.clientHeight < 20) return;
    if (!this.attachment.foreign.get()) this.frame(); // in text of its own size
    const size = this.box?.fits(settings.get().fontSize);
    if (size) this.attachment.fits(size);
    this.frame();
  }

  private typed(text: string): void {
    const { drives, replaying } = this.attachment;
    if (isAnswer(text) && (replaying || !drives)) return; // somebody else answers, or did
    const held = modifiers.get();
    if (held.ctrl || held.alt) {
      this.strike(text);
      return;
    }
    this.type(text);
  }

  /** A key was pressed that no soft keyboard can take back. */
  private struck(): void {
    releaseModifiers();
    this.soft?.reset();
  }

  private binary(text: string): void {
    if (this.attachment.replaying) return;
    this.attachment.write(Uint8Array.from(text, (c) => c.charCodeAt(0)));
  }
}
