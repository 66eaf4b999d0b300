/** What a soft keyboard types into. */
export interface Field {
  value: string;
  setSelectionRange(start: number, end: number): void;
}

/** What is read of an event of the keyboard or of the field. */
type Key = Pick<KeyboardEvent, "key" | "keyCode" | "isComposing">;
type Input = Pick<InputEvent, "inputType" | "data">;

const DELETE = "\x7f";
/** What the field holds while nothing is in it, so that there is always something to delete. */
const PAD = "\u00a0".repeat(24);
const LEAST = 8; // of the pad, before it is filled again
const MOST = 400; // characters that a keyboard may still correct

/**
 * SoftInput makes what soft keyboards do to a field into what a terminal takes.
 *
 * They do not press keys: they compose words, exchange them for what they think
 * was meant, delete by words, and dictate whole sentences that they correct
 * later. All that is true of every one of them is what the field holds
 * afterwards. So each change is compared with what was there before: what is gone
 * is deleted, what is new is typed, and nothing comes twice.
 *
 * Writings that are composed of other letters (Chinese, Japanese, Korean) are
 * typed when they are complete.
 */
export class SoftInput {
  private readonly field: Field;
  private readonly send: (text: string) => void;
  private readonly preview: (text: string) => void;
  private known: string; // what the field held when it was last looked at
  private composing = false;
  private held = false; // what is composed is not typed until it is complete
  private converts = false; // this keyboard makes other letters of what is composed
  private composed = "";
  private spelled = false; // with letters that need no composing
  private handled: string | null = null; // the key that the emulator takes by itself

  /** Preview shows what is being composed and not typed yet; "" takes it away. */
  constructor(field: Field, send: (text: string) => void, preview: (text: string) => void) {
    this.field = field;
    this.send = send;
    this.preview = preview;
    this.known = field.value;
    this.reset();
  }

  /** A key goes down. True: it is the soft keyboard's, and the emulator must not see it. */
  keyDown({ key, keyCode, isComposing }: Key): boolean {
    const soft = isComposing || keyCode === 229 || key === "Unidentified" || key === "Process";
    this.handled = soft ? null : key;
    return soft;
  }

  keyUp(): void {
    if (this.handled === null) return;
    this.handled = null;
    this.reset();
  }

  /** The field is about to change. True: it must not, as all is done. */
  beforeInput({ inputType }: Input): boolean {
    if (!this.held) this.known = this.field.value; // the emulator empties it at times
    if (this.handled !== null) return false;
    const blank = !this.composing && isPad(this.field.value);
    switch (inputType) {
      case "insertLineBreak":
      case "insertParagraph":
        this.finish();
        this.send("\r");
        this.reset();
        return true;
      case "deleteWordBackward":
        if (blank) this.send("\x17"); // of what was typed by other means
        return blank;
      case "deleteSoftLineBackward":
      case "deleteHardLineBackward":
        if (blank) this.send("\x15");
        return blank;
      case "historyUndo":
      case "historyRedo":
        return true;
    }
    return false;
  }

  /** The field has changed. */
  input({ inputType, data }: Input): void {
    if (this.handled !== null && isOf(this.handled, inputType, data)) {
      this.known = this.field.value;
      return;
    }
    if (this.composing) {
      this.held ||= this.converts || COMPOSED.test(this.composed);
      if (this.held) {
        this.preview(this.composed);
        return;
      }
    }
    this.take();
    if (!this.composing && (padOf(this.known) < LEAST || this.known.length > MOST)) this.reset();
  }

  compositionStart(): void {
    this.composing = true;
    this.held = false;
    this.composed = "";
    this.spelled = false;
  }

  compositionUpdate(data: string): void {
    this.composed = data;
    this.spelled ||= data !== "" && !COMPOSED.test(data);
  }

  compositionEnd(data: string): void {
    this.converts = COMPOSED.test(data) && this.spelled;
    this.finish();
  }

  /** Forgets the text so far: what was typed by other means is not the keyboard's to correct. */
  reset(): void {
    if (this.held) this.preview("");
    this.composing = false;
    this.held = false;
    this.field.value = PAD;
    this.field.setSelectionRange(PAD.length, PAD.length);
    this.known = PAD;
  }

  private finish(): void {
    if (this.held) this.preview("");
    this.composing = false;
    this.held = false;
    this.take();
  }

  private take(): void {
    const before = this.known;
    const after = this.field.value;
    this.known = after;
    const same = common(before, after);
    const gone = [...before.slice(same)].filter((c) => !JOINED.test(c)).length;
    // A field with the pad and a line end in it was given one by an old keyboard.
    const text = after.slice(same).replaceAll(/\r?\n/g, "\r").replaceAll("\u00a0", " ");
    if (gone > 0 || text !== "") this.send(DELETE.repeat(gone) + text);
    if (text.includes("\r")) this.reset();
  }
}

/** Letters that are made of others while they are composed. */
const COMPOSED = /[\u1100-\u11ff\u2e80-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef]/;

/** What a program deletes together with the character before it. */
const JOINED = /^[\p{M}\u200d\ufe0e\ufe0f]$/u;

/** How much two texts have in common at their beginning, without cutting a character in two. */
function common(a: string, b: string): number {
  let n = 0;
  while (n < a.length && n < b.length && a[n] === b[n]) n++;
  const inPair = (s: string) => n > 0 && /[\ud800-\udbff]/.test(s[n - 1]!) && n < s.length;
  if (inPair(a) || inPair(b)) n--;
  // A mark that is new or gone changes the character that it stands on.
  const onMark = (s: string) => n < s.length && JOINED.test([...s.slice(n)][0]!);
  while (n > 0 && (onMark(a) || onMark(b))) n -= /[\udc00-\udfff]/.test(a[n - 1]!) ? 2 : 1;
  return n;
}

function padOf(value: string): number {
  return value.length - value.replace(/^\u00a0+/, "").length;
}

function isPad(value: string): boolean {
  return padOf(value) === value.length;
}

/** Whether a change of the field is what a key does that the emulator has taken. */
function isOf(key: string, inputType: string, data: string | null): boolean {
  if (key === "Backspace" || key === "Delete") return inputType.startsWith("delete");
  if (key === "Enter") return inputType === "insertLineBreak" || inputType === "insertParagraph";
  return inputType === "insertText" && (data === key || key.length > 1);
}
