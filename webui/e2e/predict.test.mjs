// Typing over a slow link: what is typed is drawn at once where the shell would
// show it, and a password never.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { count, openTerminal, readable, rows, sees } from "./screen.mjs";

const ONE_WAY = 400; // milliseconds: long enough to look before the echo comes, however busy the machine
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;
let page;

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
  const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 } });
  await readable(context);
  page = await context.newPage();
  await page.routeWebSocket(/\/rpc$/, (client) => {
    const server = client.connectToServer();
    // Timers of one length come in order.
    client.onMessage((message) => setTimeout(() => server.send(message), ONE_WAY));
    server.onMessage((message) => setTimeout(() => client.send(message), ONE_WAY));
  });
  await page.goto(box.door("owner"));
  await openTerminal(page, "den");
  // The round trip is measured every few seconds.
  await page.getByTitle(/^Connected to Homie, [1-9]\d\d ms/).waitFor();
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

/** What is drawn ahead at the moment. */
const ahead = () =>
  page.evaluate(() => {
    const layer = document.querySelector(".typing-ahead");
    return layer && !layer.hidden ? layer.textContent.trimEnd() : "";
  });

/** Records everything that is ever drawn ahead, from here on. */
async function record() {
  await page.evaluate(() => {
    const layer = document.querySelector(".typing-ahead");
    window.drawn = [];
    window.recorder?.disconnect();
    window.recorder = new MutationObserver(() => !layer.hidden && window.drawn.push(layer.textContent));
    window.recorder.observe(layer, { childList: true, subtree: true, attributes: true, characterData: true });
  });
}
const drawn = () => page.evaluate(() => window.drawn);

/** Types a first character and waits for its echo. */
async function begin(char) {
  await page.keyboard.type(char);
  await sees(page, new RegExp(`[#$] ${char}$`));
}

it("draws what is typed before its echo, once the shell has shown the first character", async () => {
  await page.waitForFunction(() => document.activeElement?.classList.contains("xterm-helper-textarea"));
  await begin("e");
  await page.keyboard.type("cho fast");
  assert.equal(await ahead(), "cho fast");
  assert.equal(await count(page, /echo fast/), 0); // it has not come yet
  const underlined = await page.evaluate(() => document.querySelector(".typing-ahead").classList.contains("underlined"));
  assert.equal(underlined, true);
  await page.screenshot({ path: `${shots}predict-light.png` });
  await sees(page, /[#$] echo fast$/);
  await page.waitForFunction(() => document.querySelector(".typing-ahead").hidden);
});

it("follows backspace and the arrows within what was typed", async () => {
  await page.keyboard.type("er");
  await page.keyboard.press("Backspace");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type("X");
  assert.equal(await ahead(), "Xte");
  await sees(page, /[#$] echo fasXte$/);
  await page.waitForFunction(() => document.querySelector(".typing-ahead").hidden);
  await page.keyboard.press("Control+C");
  await sees(page, /\^C$/);
});

it("never draws a password, whatever reads it", async () => {
  const readers = [
    "read -sp Secret-$((0+0)): secret",
    "stty raw -echo; printf Secret-$((0+1)):; dd bs=1 count=9 2>/dev/null | od -c >/dev/null; stty sane",
    `python3 -c 'import getpass; getpass.getpass("Secret-%d:" % 2)'`,
  ];
  for (const [i, reader] of readers.entries()) {
    await page.keyboard.type(`${reader}; echo; echo read-$((${i}+1))\n`);
    await sees(page, new RegExp(`^Secret-${i}:$`));
    await record();
    await page.keyboard.type("hunter2z\n", { delay: 30 });
    await sees(page, new RegExp(`^read-${i + 1}$`));
    assert.deepEqual(await drawn(), [], reader);
    assert.equal(await count(page, /hunter/), 0, reader);
  }
});

it("draws nothing in a program that has the whole screen", async () => {
  await page.keyboard.type("printf '\\033[?1049h'; cat; printf '\\033[?1049l'\n");
  await page.waitForFunction(() => !document.querySelector(".xterm-accessibility-tree")?.textContent.includes("read-"));
  await page.waitForTimeout(4 * ONE_WAY);
  await record();
  await page.keyboard.type("in the whole screen", { delay: 20 });
  await sees(page, /in the whole screen$/);
  assert.deepEqual(await drawn(), []);
  await page.keyboard.type("\n");
  await page.keyboard.press("Control+D");
  await sees(page, /^read-3$/);
});

it("is switched off by choice", async () => {
  const choose = async () => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitemcheckbox", { name: "Show typing at once when far away" }).click();
    await page.waitForFunction(() => document.activeElement?.classList.contains("xterm-helper-textarea"));
  };
  await choose();
  await record();
  await page.keyboard.type("echo off", { delay: 30 });
  await sees(page, /echo off$/);
  assert.deepEqual(await drawn(), []);
});

it("shows the same as a terminal that drew nothing", async () => {
  const shown = await rows(page);
  await page.reload();
  await sees(page, /echo off$/);
  assert.deepEqual((await rows(page)).filter(Boolean), shown.filter(Boolean));
});
