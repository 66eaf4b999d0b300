// A terminal is recorded in front of everybody, and played again.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, readable, sees, type } from "./screen.mjs";

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;
let owner;
let member;

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
  owner = await visit("owner", {});
  member = await visit("member", { colorScheme: "dark" });
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

async function visit(door, options) {
  const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 }, ...options });
  await readable(context);
  const page = await context.newPage();
  await page.goto(box.door(door));
  return page;
}

/** Waits until no row of the terminal is the text. */
const seesNot = (page, text) =>
  page.waitForFunction((t) => ![...document.querySelectorAll(".xterm-accessibility-tree > *")].some((r) => r.textContent.trimEnd() === t), text);

const menu = async (page, name) => {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name }).click();
};

describe("a recording", () => {
  it("is seen by everybody in the session, and its end too", async () => {
    await openTerminal(owner, "den");
    await type(owner, "echo before-$((1+1))");
    await sees(owner, /^before-2$/);
    await member.goto(owner.url().replace(box.door("owner"), box.door("member")));
    await sees(member, /^before-2$/);
    await menu(owner, "Record this session");
    await member.getByText("Recorded by Olivia", { exact: true }).waitFor();
    await member.getByRole("tab", { name: /recorded/ }).waitFor();
    await member.getByText(/Recorded by Olivia: everybody here/).waitFor();
    await member.screenshot({ path: `${shots}recording-seen-dark.png` });
    await type(owner, "echo first-$((40+2)); sleep 3; echo second-$((40+3))");
    await sees(owner, /^second-43$/);
    await menu(owner, "Stop recording");
    await member.getByText("Olivia stopped the recording").waitFor();
    await member.getByText("Recorded by Olivia", { exact: true }).waitFor({ state: "detached" });
  });

  it("is in the list, by name, and plays with its pauses cut short", async () => {
    await menu(owner, "Recordings");
    await owner.getByRole("heading", { name: "Recordings of den" }).waitFor();
    await owner.getByRole("searchbox").fill("nothing like that");
    await owner.getByText(/Nothing is called/).waitFor();
    await owner.getByRole("searchbox").fill("olivia");
    await owner.screenshot({ path: `${shots}recordings.png` });
    await owner.getByRole("listitem").getByRole("link").first().click();
    await owner.getByRole("group", { name: "Player" }).waitFor();
    await sees(owner, /^before-2$/); // what was shown when it began
    await sees(owner, /^second-43$/);
    await owner.getByRole("button", { name: "Play", exact: true }).waitFor(); // it has ended
    await owner.screenshot({ path: `${shots}player.png` });
  });

  it("can be gone through with the keyboard, and searched", async () => {
    await owner.keyboard.press("Home");
    await seesNot(owner, "second-43");
    await sees(owner, /^before-2$/);
    await owner.keyboard.press("End");
    await sees(owner, /^second-43$/);
    await owner.getByRole("button", { name: "Search", exact: true }).click();
    await owner.getByRole("searchbox", { name: "Search in what was shown" }).fill("FIRST-42");
    await owner.getByText("Found once").waitFor();
    await owner.getByRole("button", { name: /first-42/ }).click();
    await seesNot(owner, "second-43"); // it is at the moment that was found
    await sees(owner, /^first-42$/);
  });

  it("comes to this device as a file, and plays from there", async () => {
    const [file] = await Promise.all([owner.waitForEvent("download"), owner.getByRole("button", { name: "Download" }).click()]);
    assert.match(file.suggestedFilename(), /^den-.*\.cast$/);
    const path = await file.path();
    assert.equal(JSON.parse(readFileSync(path, "utf8").split("\n")[0]).version, 3);
    await owner.getByRole("link", { name: "Recordings" }).first().click();
    await owner.getByLabel("A recording on this device").setInputFiles({ name: "mine.cast", mimeType: "text/plain", buffer: readFileSync(path) });
    await owner.getByText(/mine\.cast/).first().waitFor();
    await sees(owner, /^second-43$/);
  });

  it("plays on a phone, from a moment that a link names, and is deleted", async () => {
    const small = await visit("phone", phone);
    await small.goto(`${box.door("phone")}recordings`);
    await small.getByRole("listitem").getByRole("link").first().click();
    await small.getByRole("slider", { name: "Time" }).waitFor();
    await small.goto(`${small.url()}?t=9999`);
    await sees(small, /^second-43$/);
    const wide = await small.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} wide`);
    await small.screenshot({ path: `${shots}player-phone.png` });
    await small.goto(`${box.door("phone")}recordings`);
    await small.getByRole("button", { name: /^Delete the recording/ }).click();
    await small.getByRole("button", { name: "Delete it" }).click();
    await small.getByText("No recordings yet").waitFor();
  });
});
