// Several people in one terminal: the owner at a desk, a member on a phone, and a
// visitor who was given a link.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, readable, rows, sees, type } from "./screen.mjs";

const jsQR = createRequire(import.meta.url)("jsqr");
const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;
let olivia;
let max;
let path; // of the terminal

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

async function visit(door, to, options) {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  await readable(context);
  const page = await context.newPage();
  await page.goto(box.door(door) + to);
  return page;
}

const shot = (page, name) => page.screenshot({ path: `${shots}sharing-${name}.png` });
const says = (page, text) => page.getByRole("status").filter({ hasText: text }).first();
const button = (page, name) => page.getByRole("button", { name, exact: true });
const menu = async (page, item) => {
  await button(page, "More").click();
  await page.getByRole(/^Just watch/.test(item) ? "menuitemcheckbox" : "menuitem", { name: item }).click();
};

/** The text in the QR code that a page shows, as a camera would read it. */
async function scanned(page) {
  const code = page.getByRole("img", { name: "The link as a QR code" });
  await code.locator("path[d^=M]").waitFor({ state: "attached" });
  const png = (await code.screenshot()).toString("base64");
  const blank = await page.context().newPage();
  const { data, width, height } = await blank.evaluate(async (base64) => {
    const image = new Image();
    image.src = `data:image/png;base64,${base64}`;
    await image.decode();
    const canvas = Object.assign(document.createElement("canvas"), { width: image.width, height: image.height });
    const brush = canvas.getContext("2d");
    brush.drawImage(image, 0, 0);
    return { data: [...brush.getImageData(0, 0, image.width, image.height).data], width: image.width, height: image.height };
  }, png);
  await blank.close();
  return jsQR(Uint8ClampedArray.from(data), width, height)?.data;
}

describe("a terminal of the owner's", () => {
  it("is shared by a link, which a camera can read", async () => {
    olivia = await visit("owner", "", desk);
    await openTerminal(olivia, "den");
    path = new URL(olivia.url()).pathname;
    await menu(olivia, "Share…");
    const sheet = olivia.getByRole("dialog", { name: "Share this terminal" });
    await sheet.getByText("It gives nobody a right that they do not have.", { exact: false }).waitFor();
    const link = await sheet.getByLabel("The link", { exact: true }).textContent();
    assert.equal(link, `https://${box.gateway}${path}?watch`);
    assert.equal(await scanned(olivia), link);
    await shot(olivia, "link");
    await sheet.getByText("May type", { exact: true }).click();
    await olivia.waitForFunction(() => document.querySelector('[aria-label="The link"]')?.textContent.includes("?type="));
    await olivia.keyboard.press("Escape");
  });

  it("opens to watch on a member's phone, and each sees who the other is", async () => {
    max = await visit("member", `${path.slice(1)}?watch`, phone);
    await says(max, "You are watching.").waitFor();
    assert.equal(new URL(max.url()).search, "");
    assert.equal(await max.getByRole("toolbar", { name: "Keys" }).count(), 0);
    await olivia.getByText(/^Max on \S+ is watching$/).waitFor();
    await button(max, /^Olivia’s terminal, Olivia on \S+ is here$/).waitFor();
    await type(max, "echo not-taken");
    await type(olivia, "echo from-olivia-$((40+2))");
    await sees(max, /from-olivia-42/);
    assert.ok(!(await rows(max)).some((row) => row.includes("not-taken")));
    await shot(max, "watching");
  });

  it("is typed into by both, and it shows who types", async () => {
    await button(max, "Type, too").tap();
    await max.getByRole("toolbar", { name: "Keys" }).waitFor();
    await type(max, "echo from-max-$((1+1))");
    await olivia.getByText(/^Max on \S+ is typing…$/).waitFor();
    await sees(olivia, /^from-max-2$/);
    await olivia.getByText(/^Max on \S+ is here$/).waitFor({ timeout: 6_000 });
  });

  it("has the size of whoever typed last, in a letterbox for the other", async () => {
    await olivia.getByText(/^\d+×\d+, sized for Max on \S+$/).waitFor();
    await shot(olivia, "letterbox");
    const narrow = await olivia.evaluate(() => {
      const box = document.querySelector(".letterbox").getBoundingClientRect();
      const term = document.querySelector(".letterbox > .xterm").getBoundingClientRect();
      return { left: term.left - box.left, right: box.right - term.right };
    });
    assert.ok(Math.abs(narrow.left - narrow.right) < 20 && narrow.left > 100, `it stands in the middle: ${JSON.stringify(narrow)}`);
    await button(olivia, "Use my size").click();
    await olivia.getByText(/sized for/).waitFor({ state: "detached" });
    await max.getByText(/^\d+×\d+, sized for Olivia on \S+$/).waitFor();
    const scale = await max.evaluate(() => {
      const screen = document.querySelector(".xterm-screen").getBoundingClientRect();
      return { font: screen.height, wide: document.documentElement.scrollWidth <= innerWidth };
    });
    assert.ok(scale.wide, "the page itself does not scroll sideways");
    await shot(max, "scaled");
  });

  it("is typed into by one alone, who hands it over when asked", async () => {
    await olivia.getByText(/^Max on \S+ is here$/).click();
    await olivia.getByRole("menuitem", { name: "Only I type" }).click();
    await says(max, "Olivia has control.").waitFor();
    await says(olivia, "Only you type at the moment").waitFor();
    await type(max, "echo unheard");
    await says(max, /What you type is not taken/).waitFor();
    await shot(max, "unheard");
    await button(max, "Ask for control").tap();
    const request = olivia.getByRole("alert").filter({ hasText: /^Max on \S+ asks for control/ });
    await request.waitFor();
    await request.evaluate((card) => Promise.all(card.getAnimations().map((a) => a.finished)));
    await shot(olivia, "asked");
    await button(request, "Keep").click();
    await says(max, /keeps control for now/).waitFor();
    await button(max, "Ask for control").tap();
    await button(request, "Hand over").click();
    await max.getByRole("toolbar", { name: "Keys" }).waitFor();
    await type(max, "echo handed-$((2+3))");
    await sees(olivia, /^handed-5$/);
    assert.ok(!(await rows(olivia)).some((row) => row.includes("unheard")));
    await says(olivia, "Max has control.").waitFor();
    await button(olivia, "Take control").click(); // it is her terminal
    await says(max, "Olivia has control.").waitFor();
  });

  it("is open to all again when whoever has control has gone", async () => {
    await olivia.reload();
    await sees(olivia, /\S/);
    await says(olivia, "Only you type at the moment").waitFor(); // the same person, back in time
    await menu(olivia, "Just watch");
    await says(olivia, "You are watching.").waitFor();
    await max.getByRole("toolbar", { name: "Keys" }).waitFor();
    await type(max, "echo open-$((3+3))");
    await sees(olivia, /^open-6$/);
    await olivia.emulateMedia({ colorScheme: "dark" });
    await shot(olivia, "dark");
    await olivia.emulateMedia({ colorScheme: "light" });
    await button(olivia, "Type, too").click();
  });

  it("keeps a paste whole while another types", async () => {
    await type(olivia, "clear; stty -echo; printf '\\033[?2004h'; echo ready-$((1+1)); exec cat -v");
    await sees(olivia, /^ready-2$/);
    const text = "p".repeat(700);
    const pasted = olivia.locator(".xterm-helper-textarea").evaluate((field, text) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", text);
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    }, text);
    await max.keyboard.type("mmmm");
    await pasted;
    await type(max, "");
    await sees(olivia, /\^\[\[201~/);
    const all = (await rows(olivia)).join("");
    assert.match(all, /\^\[\[200~p{700}\^\[\[201~/);
  });
});

describe("somebody without rights", () => {
  it("who opens the link is told kindly what to ask for", async () => {
    const vera = await visit("visitor", `${path.slice(1)}?watch`, phone);
    await vera.getByText("Somebody gave you a link to a terminal on den.", { exact: false }).waitFor();
    const grant = await vera.getByLabel("The grant to ask for").textContent();
    assert.match(grant, /"allow": \["terminal:read"\], "nodes": \["den"\]/);
    await shot(vera, "visitor");
    await vera.context().close();
  });

  it("and a link to what has ended says so", async () => {
    await olivia.keyboard.press("Control+D");
    await max.getByText(/^The shell ended/).waitFor();
    const late = await visit("member", "terminal/den/aaaaaaaa", desk);
    await late.getByText("This session is gone").waitFor();
    await late.context().close();
  });
});
