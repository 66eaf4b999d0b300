// Files to a terminal's folder and from its machine.
import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, prompted, readable, sees, type } from "./screen.mjs";

const shots = new URL("./shots/", import.meta.url).pathname;
const content = randomBytes(96 << 20);
const sum = (b) => createHash("sha256").update(b).digest("hex");

let box;
let browser;
let context;
let page;
let dir;
const faults = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  dir = mkdtempSync(join(tmpdir(), "homie-files-"));
  mkdirSync(join(dir, "there"));
  writeFileSync(join(dir, "big.bin"), content);
  writeFileSync(join(dir, "it's a note.txt"), "hello\n");
  box = await startBox();
  browser = await launch();
  context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 }, acceptDownloads: true });
  await readable(context);
  page = await context.newPage();
  page.on("pageerror", (err) => faults.push(err.message));
  await page.goto(box.door("owner"));
  await openTerminal(page, "den");
  await type(page, `cd ${join(dir, "there")} && echo in-$((1+1))`);
  await sees(page, /^in-2$/);
});

after(async () => {
  await browser?.close();
  await box?.stop();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

const sent = (name) => page.getByRole("region", { name: "Files that are sent" }).getByRole("listitem").filter({ hasText: name });

/** Chooses an entry of the terminal's menu. */
async function choose(entry) {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).click();
}

it("sends what is dropped on the terminal, and says to where", async () => {
  const files = await page.evaluateHandle(() => {
    const data = new DataTransfer();
    data.items.add(new File(["dropped words"], "dropped.txt", { type: "text/plain" }));
    return data;
  });
  const region = page.getByRole("region", { name: "Terminal on den" });
  await region.dispatchEvent("dragover", { dataTransfer: files });
  await page.getByText("Drop to send").waitFor();
  await page.locator("b", { hasText: join(dir, "there") }).waitFor();
  await page.screenshot({ path: join(shots, "files-drop.png") });
  await region.dispatchEvent("drop", { dataTransfer: files });
  await sent("dropped.txt").getByText("Sent to").waitFor();
  assert.equal(readFileSync(join(dir, "there", "dropped.txt"), "utf8"), "dropped words");
  await sent("dropped.txt").getByRole("button", { name: "Dismiss" }).click();
});

it("sends what is chosen, and types the path on request", async () => {
  const chooser = page.waitForEvent("filechooser");
  await choose("Send files");
  await (await chooser).setFiles([join(dir, "it's a note.txt")]);
  await sent("note.txt").getByText("Sent to").waitFor();
  await page.keyboard.type("cat ");
  await sent("note.txt").getByRole("button", { name: "Insert path" }).click();
  await page.keyboard.type("\n");
  await sees(page, /^hello$/);
});

it("goes on where it stopped when the connection is cut", async () => {
  const chooser = page.waitForEvent("filechooser");
  await choose("Send files");
  await (await chooser).setFiles([join(dir, "big.bin")]);
  const bar = page.getByRole("progressbar", { name: "Sending big.bin" });
  await bar.waitFor();
  await page.screenshot({ path: join(shots, "files-sending.png") });
  await page.waitForFunction(() => Number(document.querySelector('[role="progressbar"]')?.getAttribute("aria-valuenow")) >= 5);
  box.signal("homie", "SIGKILL"); // the gateway; the box starts it again
  await sent("big.bin").getByText("The connection was lost").waitFor(); // in the middle
  await sent("big.bin").getByText("Sent to").waitFor({ timeout: 60_000 });
  assert.equal(sum(readFileSync(join(dir, "there", "big.bin"))), sum(content));
  assert.deepEqual(
    readdirSync(join(dir, "there")).filter((n) => n.startsWith(".homie-")),
    [],
    "no part is left",
  );
  await page.screenshot({ path: join(shots, "files-sent.png") });
  await sent("big.bin").getByRole("button", { name: "Dismiss" }).click();
});

it("gets a file from a list of folders", async () => {
  await choose("Get a file");
  const sheet = page.getByRole("dialog", { name: "Get a file from den" });
  await sheet.getByText(join(dir, "there")).waitFor();
  await page.screenshot({ path: join(shots, "files-get.png") });
  await sheet.getByRole("button", { name: "Folder above" }).click();
  await sheet.getByRole("button", { name: "there, folder" }).waitFor();
  await sheet.getByLabel("Find in this folder").fill("big");
  const download = page.waitForEvent("download");
  await sheet.getByRole("link", { name: "Save big.bin" }).click();
  const file = await download;
  assert.equal(file.suggestedFilename(), "big.bin");
  assert.equal(sum(readFileSync(await file.path())), sum(content));
  await page.keyboard.press("Escape");
});

it("shows a card for what a program offers, and fetches nothing before a click", async () => {
  const path = join(dir, "it's a note.txt");
  const offer = `\\033]7717;get;${Buffer.from(path).toString("base64")};6\\033\\\\`;
  let asked = 0;
  page.on("request", (r) => r.url().includes("/files/") && asked++);
  await type(page, `clear; printf '${offer}'`);
  const card = page.getByRole("dialog", { name: "A file is offered" });
  await card.getByText(path).waitFor();
  assert.equal(asked, 0);
  await page.screenshot({ path: join(shots, "files-offer.png") });
  const download = page.waitForEvent("download");
  await card.getByRole("button", { name: "Save" }).click();
  assert.equal(readFileSync(await (await download).path(), "utf8"), "hello\n");
  // What is replayed offers nothing.
  await page.reload();
  await prompted(page);
  assert.equal(await card.count(), 0);
});

it("works on a phone", async () => {
  const phone = await browser.newContext({ colorScheme: "dark", viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await readable(phone);
  const p = await phone.newPage();
  await p.goto(box.door("owner"));
  await openTerminal(p, "den");
  await p.getByRole("button", { name: "More", exact: true }).click();
  const chooser = p.waitForEvent("filechooser");
  await p.getByRole("menuitem", { name: "Send files" }).click();
  const name = `homie-e2e-${process.pid}.txt`;
  await (await chooser).setFiles([{ name, mimeType: "text/plain", buffer: Buffer.from("from a phone") }]);
  const row = p.getByRole("region", { name: "Files that are sent" }).getByRole("listitem");
  await row.getByText("Sent to").waitFor();
  await p.screenshot({ path: join(shots, "files-phone-sent.png") });
  await row.getByRole("button", { name: /^Dismiss/ }).click();
  await p.getByRole("button", { name: "More", exact: true }).click();
  await p.getByRole("menuitem", { name: "Get a file" }).click();
  await p.getByRole("link", { name: `Save ${name}` }).waitFor();
  await p.screenshot({ path: join(shots, "files-phone-get.png") });
  await phone.close();
});

it("left no fault behind", () => {
  assert.ok(existsSync(join(dir, "there", "big.bin")));
  assert.deepEqual(faults, []);
});
