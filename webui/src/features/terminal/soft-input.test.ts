import { beforeEach, describe, expect, it } from "vitest";
import { SoftInput, type Field } from "./soft-input";

/** A field that behaves as a browser's for what the keyboards below do to it. */
class FakeField implements Field {
  text = "";
  caret = 0;
  get value(): string {
    return this.text;
  }
  set value(text: string) {
    this.text = text;
    this.caret = text.length;
  }
  setSelectionRange(start: number): void {
    this.caret = start;
  }
}

let field: FakeField;
let input: SoftInput;
let sent: string[];
let preview: string;
let composedAt = 0;

beforeEach(() => {
  field = new FakeField();
  sent = [];
  preview = "";
  input = new SoftInput(field, (text) => sent.push(text), (text) => (preview = text));
});

/** What a line editor holds after all that was sent. */
function line(): string {
  let out: string[] = [];
  for (const c of sent.join("")) {
    if (c === "\x7f") {
      while (out.length > 1 && /[\p{M}\u200d\ufe0f]/u.test(out.at(-1)!)) out.pop();
      out.pop();
    } else if (c === "\x17") out = [...out.join("").replace(/\S*\s*$/, "")];
    else out.push(c);
  }
  return out.join("");
}

/** The keyboard changes the field in one step. */
function edit(inputType: string, data: string | null, change: () => void): void {
  if (input.beforeInput({ inputType, data })) return;
  change();
  input.input({ inputType, data });
}

const key = () => input.keyDown({ key: "Unidentified", keyCode: 229, isComposing: false });
const insert = (text: string, inputType = "insertText") => edit(inputType, text, () => (field.value += text));
const backspace = () => {
  key();
  edit("deleteContentBackward", null, () => (field.value = [...field.value].slice(0, -1).join("")));
};

/** Gboard: a word is composed, letter by letter. */
function compose(...steps: string[]): void {
  composedAt = field.value.length;
  input.compositionStart();
  for (const step of steps) {
    key();
    input.compositionUpdate(step);
    edit("insertCompositionText", step, () => (field.value = field.value.slice(0, composedAt) + step));
  }
}
function commit(text: string): void {
  input.compositionUpdate(text);
  edit("insertCompositionText", text, () => (field.value = field.value.slice(0, composedAt) + text));
  input.compositionEnd(text);
}

describe("a Gboard", () => {
  it("types a word as it is composed, and its end does not repeat it", () => {
    compose("e", "ec", "ech", "echo");
    expect(line()).toBe("echo");
    commit("echo");
    insert(" ");
    expect(sent).toEqual(["e", "c", "h", "o", " "]);
  });

  it("exchanges a word when a suggestion is tapped", () => {
    compose("s", "st", "sta", "stat");
    commit("status");
    insert(" ");
    expect(line()).toBe("status ");
    compose("t", "te", "teh");
    commit("the");
    expect(line()).toBe("status the");
  });

  it("takes a word up again that is complete", () => {
    compose("l", "ls");
    commit("ls");
    insert(" ");
    backspace();
    composedAt = field.value.length - 2;
    input.compositionStart();
    input.compositionUpdate("lsb");
    edit("insertCompositionText", "lsb", () => (field.value = `${field.value.slice(0, composedAt)}lsb`));
    expect(line()).toBe("lsb");
  });

  it("dictates a sentence that it corrects in the end", () => {
    compose("hello", "hello word", "hello world");
    commit("Hello world.");
    expect(line()).toBe("Hello world.");
  });

  it("deletes what was typed by other means, as long as the key is held", () => {
    sent = ["from the key bar"];
    for (let i = 0; i < 100; i++) backspace();
    expect(sent.slice(1).join("")).toBe("\x7f".repeat(100));
  });

  it("deletes by words: of its own text exactly, else as the program does", () => {
    insert("one two");
    edit("deleteWordBackward", null, () => (field.value = field.value.slice(0, -3)));
    expect(line()).toBe("one ");
    input.reset();
    edit("deleteWordBackward", null, () => expect.unreachable());
    expect(sent.at(-1)).toBe("\x17");
  });

  it("ends a line once, complete, and has nothing of it left to correct", () => {
    compose("l", "ls");
    edit("insertLineBreak", null, () => expect.unreachable());
    input.compositionEnd("ls");
    expect(sent.join("")).toBe("ls\r");
    sent = [];
    compose("p", "pw", "pwd");
    commit("pwd");
    expect(line()).toBe("pwd");
  });

  it("ends a line with an old keyboard that only puts it into the field", () => {
    insert("ls");
    insert("\n");
    expect(sent.join("")).toBe("ls\r");
  });
});

describe("an iPhone", () => {
  it("corrects a word in place", () => {
    insert("teh");
    edit("insertReplacementText", "the", () => (field.value = `${field.value.slice(0, -3)}the`));
    insert(" ");
    expect(line()).toBe("the ");
  });

  it("leaves keys that the emulator takes to it, also where they reach the field", () => {
    for (const char of "Ab") {
      expect(input.keyDown({ key: char, keyCode: char.toUpperCase().charCodeAt(0), isComposing: false })).toBe(false);
      insert(char);
      input.keyUp();
    }
    input.keyDown({ key: "Backspace", keyCode: 8, isComposing: false });
    edit("deleteContentBackward", null, () => (field.value = field.value.slice(0, -1)));
    input.keyUp();
    expect(sent).toEqual([]);
  });

  it("dictates in pieces and replaces them", () => {
    insert("hello ");
    insert("world");
    edit("deleteContentBackward", null, () => (field.value = field.value.slice(0, -11)));
    insert("Hello, world!");
    expect(line()).toBe("Hello, world!");
  });

  it("goes on after the emulator has emptied the field", () => {
    insert("ls");
    field.value = ""; // as it does at Enter
    insert("x");
    expect(line()).toBe("lsx");
  });
});

describe("characters of several parts", () => {
  it("are deleted as one where programs do", () => {
    insert("a👍🏽");
    backspace();
    backspace();
    backspace();
    expect(line()).toBe("");
    insert("e\u0301x");
    edit("insertReplacementText", "ex", () => (field.value = `${field.value.slice(0, -3)}ex`));
    expect(line()).toBe("ex");
  });

  it("are never cut in two", () => {
    insert("😀");
    edit("insertReplacementText", "😁", () => (field.value = `${field.value.slice(0, -2)}😁`));
    expect(sent).toEqual(["😀", "\x7f😁"]);
  });
});

describe("letters made of others", () => {
  it("are typed when they are complete", () => {
    compose("ㅎ", "하", "한");
    expect(sent).toEqual([]);
    expect(preview).toBe("한");
    commit("한");
    expect(sent).toEqual(["한"]);
    expect(preview).toBe("");
  });

  it("take the place of the first word of a pinyin keyboard, and are waited for from then on", () => {
    compose("n", "ni", "nih", "niha", "nihao");
    commit("你好");
    expect(line()).toBe("你好");
    sent = [];
    compose("s", "sh", "shi");
    expect(sent).toEqual([]);
    commit("是");
    expect(sent).toEqual(["是"]);
    compose("l", "ls");
    commit("ls"); // as it stands
    compose("c", "cd");
    expect(line()).toBe("是lscd");
  });
});
