// A terminal on a phone: keys, gestures, and what soft keyboards do.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, prompted, readable, run, sees, type } from "./screen.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const size = { width: 390, height: 844 };
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;
let context;
let page;
let cdp;
const faults = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
  context = await browser.newContext({
    colorScheme: "light", viewport: size, deviceScaleFactor: 2, isMobile: true, hasTouch: true,
    permissions: ["clipboard-read", "clipboard-write"],
  });
  await readable(context);
  page = await context.newPage();
  page.on("pageerror", (err) => faults.push(err.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  cdp = await context.newCDPSession(page);
  await page.goto(box.door("phone"));
  await openTerminal(page, "den");
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

const key = (name) => page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name, exact: true });
const touch = (type, ...points) =>
  cdp.send("Input.dispatchTouchEvent", { type, touchPoints: points.map(([x, y], id) => ({ x, y, id })) });
const clearLine = async () => {
  await page.locator(".xterm-helper-textarea").focus();
  await page.keyboard.press("Control+E");
  await page.keyboard.press("Control+U");
  await prompted(page);
};

let wide; // in columns

/** The middle of a cell of the terminal. */
async function cell(column, row) {
  return page.evaluate(
    ([x, y, across]) => {
      const screen = document.querySelector(".xterm-screen").getBoundingClientRect();
      const rows = document.querySelector(".xterm-accessibility-tree").childElementCount;
      return [screen.left + (x + 0.5) * (screen.width / across), screen.top + (y + 0.5) * (screen.height / rows)];
    },
    [column, row, wide],
  );
}

/** The first row that matches, counted from the top. */
const rowOf = (pattern) =>
  page.evaluate(
    (source) => [...document.querySelectorAll(".xterm-accessibility-tree > *")].findIndex((r) => new RegExp(source).test(r.textContent.trimEnd())),
    pattern.source,
  );

async function press([x, y]) {
  await touch("touchStart", [x, y]);
  await page.waitForTimeout(600);
  await touch("touchEnd");
}

let asked = 0;

/** How many columns the program is told. */
async function cols() {
  await clearLine();
  await type(page, `clear; echo asked-${++asked}-$(tput cols)-`);
  const answer = new RegExp(`^asked-${asked}-(\\d+)-$`);
  await sees(page, answer);
  const texts = await page.locator(".xterm-accessibility-tree > *").allTextContents();
  return Number(texts.map((t) => answer.exec(t.trimEnd())?.[1]).find(Boolean));
}

describe("the key bar", () => {
  it("locks a modifier by a double tap", async () => {
    await run(page, "cat -v");
    const ctrl = page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name: /^Ctrl, / });
    await ctrl.tap();
    await ctrl.tap();
    await key("Ctrl, held until pressed again").waitFor();
    await page.keyboard.type("a");
    await page.keyboard.type("b");
    await ctrl.tap();
    await key("Ctrl, held for the next key").waitFor();
    await page.keyboard.type("c\n");
    await sees(page, /^\^A\^Bc$/);
  });

  it("has function keys", async () => {
    await key("Fn, function keys").tap();
    await key("F5").tap();
    await key("F12").tap();
    await page.keyboard.press("Enter");
    await sees(page, /^\^\[\[15~\^\[\[24~$/);
    await key("Fn, function keys").tap();
    await key("^C, interrupt").tap();
    await prompted(page);
  });

  it("takes keys of one's own, in one's own order, and keeps them", async () => {
    await key("Change these keys").tap();
    const sheet = page.getByRole("dialog", { name: "Your keys" });
    await sheet.getByRole("textbox", { name: /^Keys, for example/ }).fill("C-bd");
    await sheet.getByRole("button", { name: "Add" }).tap();
    await sheet.getByRole("alert").getByText(/^Write keys like/).waitFor();
    await sheet.getByRole("combobox", { name: "What it does" }).selectOption("text");
    await sheet.getByRole("textbox", { name: "Text" }).fill("echo own-$((3*7))");
    await sheet.getByRole("checkbox").check();
    await sheet.getByRole("textbox", { name: "Name on the key" }).fill("own");
    await sheet.getByRole("button", { name: "Add" }).tap();
    for (let i = 0; i < 6; i++) await sheet.getByRole("button", { name: "Move own up" }).tap();
    await sheet.getByRole("button", { name: "Remove ^R" }).tap();
    await page.screenshot({ path: `${shots}phone-key-editor.png` });
    await check();
    await sheet.getByRole("button", { name: "Done" }).tap();
    await page.reload();
    const first = page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name: /^own, types/ });
    await first.tap();
    await sees(page, /^own-21$/);
    assert.equal(await key("^R, search history").count(), 0);
  });

  it("moves the cursor with a finger that is held on a key and dragged", async () => {
    await clearLine();
    await page.keyboard.type("echo wxyz");
    const place = await key("Move the cursor: hold and drag").boundingBox();
    const [x, y] = [place.x + 20, place.y + 20];
    await touch("touchStart", [x, y]);
    for (let i = 1; i <= 5; i++) await touch("touchMove", [x - i * 5, y + 1]);
    await touch("touchEnd");
    await page.keyboard.type("-"); // two cells to the left
    await sees(page, /echo wx-yz$/);
  });
});

describe("fingers", () => {
  it("select a word, extend it, and copy it", async () => {
    wide = await cols();
    await type(page, "clear; echo first /srv/media/film.mkv last");
    await sees(page, /^first/);
    const row = await rowOf(/^first/);
    await press(await cell(10, row));
    const tools = page.getByRole("toolbar", { name: "Selected text" });
    await tools.waitFor();
    await page.screenshot({ path: `${shots}phone-select.png` });
    const handle = await page.locator('[data-handle="end"]').boundingBox();
    const [x, y] = [handle.x + 22, handle.y + 12];
    const [toX] = await cell(30, row);
    await touch("touchStart", [x, y]);
    await touch("touchMove", [x + 10, y]);
    await touch("touchMove", [toX, y]);
    await page.waitForTimeout(300); // a finger that stops: after a fling the browser takes no tap
    await touch("touchEnd");
    await tools.getByRole("button", { name: "Copy" }).tap();
    await page.getByText("Copied").waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), "/srv/media/film.mkv last");
    await tools.waitFor({ state: "detached" });
  });

  it("paste in one tap what was copied", async () => {
    await clearLine();
    await key("Paste").tap();
    await sees(page, /[#$] \/srv\/media\/film\.mkv last$/);
    await clearLine();
  });

  it("pinch to another size of text, which stays", async () => {
    const before = await cols();
    await touch("touchStart", [150, 300], [240, 300]);
    await touch("touchMove", [120, 300], [270, 300]);
    await page.waitForFunction(() => document.querySelector(".xterm").style.transform.startsWith("scale"));
    await touch("touchMove", [110, 300], [280, 300]);
    await touch("touchEnd");
    await page.waitForTimeout(400); // a size is told once it has come to rest
    const after = await cols();
    assert.ok(after < before * 0.75, `${after} of ${before} columns`);
    assert.match(await page.evaluate(() => localStorage.getItem("homie.terminal")), /"fontSize":2\d/);
    await touch("touchStart", [110, 300], [280, 300]);
    await touch("touchMove", [150, 300], [240, 300]);
    await touch("touchEnd");
    await page.waitForTimeout(400);
  });

  it("swipe from one tab to the next and back", async () => {
    const first = page.url();
    await page.getByRole("button", { name: "Open another terminal" }).tap();
    await page.getByRole("menuitem", { name: "nas" }).first().tap();
    await page.waitForURL(/\/terminal\/nas\//);
    await sees(page, /\S/);
    await page.waitForTimeout(400); // it has come to the size that fits here, and leaves nothing to pan
    const swipe = async (from, to) => {
      await touch("touchStart", [from, 400]);
      for (let i = 1; i <= 4; i++) await touch("touchMove", [from + ((to - from) * i) / 4, 402]);
      await touch("touchEnd");
    };
    await swipe(80, 300);
    await page.waitForURL(first);
    await swipe(300, 80);
    await page.waitForURL(/\/terminal\/nas\//);
    await swipe(300, 80); // there is no other
    await swipe(80, 300);
    await page.waitForURL(first);
  });

  it("scroll what has scrolled away", async () => {
    await type(page, "clear; seq 1 200");
    await sees(page, /^200$/);
    await touch("touchStart", [200, 200]);
    for (let i = 1; i <= 10; i++) await touch("touchMove", [200, 200 + i * 30]);
    await touch("touchEnd");
    await sees(page, /^140$/);
    await page.waitForTimeout(300);
  });
});

describe("a soft keyboard", () => {
  const compose = (text) => cdp.send("Input.imeSetComposition", { text, selectionStart: text.length, selectionEnd: text.length });
  const insert = (text) => cdp.send("Input.insertText", { text });

  it("composes a word that is exchanged for a suggestion", async () => {
    await page.locator(".xterm-helper-textarea").focus();
    await clearLine();
    for (const part of ["e", "ec", "ech"]) await compose(part);
    await sees(page, /[#$] ech$/);
    await insert("echo");
    await insert(" ");
    for (const part of ["t", "te", "teh"]) await compose(part);
    await insert("the");
    await sees(page, /[#$] echo the$/);
  });

  it("dictates, corrects itself, and ends the line once", async () => {
    await insert(" ");
    await compose("hello word");
    await compose("hello world");
    await insert("Hello world");
    await insert(" 😀");
    await page.keyboard.press("Enter");
    await sees(page, /^the Hello world 😀$/);
  });

  it("deletes as long as the key is held, also what it did not type", async () => {
    await clearLine();
    await key("/, slash").tap();
    await insert("abc");
    await page.evaluate(() => {
      for (let i = 0; i < 6; i++) document.execCommand("delete");
    });
    await prompted(page);
  });

  it("writes what is composed of other letters when it is complete", async () => {
    await compose("ㅎ");
    await compose("한");
    await page.waitForFunction(() => document.querySelector(".composition-view.active")?.textContent === "한");
    await prompted(page);
    await insert("한");
    await sees(page, /[#$] 한$/);
    await clearLine();
  });

  it("does not cover the prompt, upright and on its side", async () => {
    for (const low of [{ width: 390, height: 420 }, { width: 844, height: 220 }]) {
      await page.setViewportSize(low);
      await page.waitForFunction(() => {
        const bar = document.querySelector('[aria-label="Keys"]')?.getBoundingClientRect();
        const screen = document.querySelector(".xterm-screen")?.getBoundingClientRect();
        return bar && screen && bar.bottom <= window.innerHeight && screen.bottom <= bar.top + 1 && screen.height > 60;
      });
      await type(page, `echo low-$((${low.height}+1))`);
      await sees(page, new RegExp(`^low-${low.height + 1}$`));
      await page.screenshot({ path: `${shots}phone-low-${low.width}.png` });
    }
    await page.setViewportSize(size);
  });
});

async function check() {
  await page.evaluate(`${axe};0`);
  const broken = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}`));
  });
  assert.deepEqual(broken, []);
}

it("breaks no rule that axe can check, by day and in the evening", async () => {
  await page.waitForTimeout(300);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForFunction(() => !document.getAnimations().some((a) => a instanceof CSSTransition)); // of the colours
    await check();
    await page.screenshot({ path: `${shots}phone-keys-${colorScheme}.png` });
  }
});

it("reports no faults", () => assert.deepEqual(faults, []));
