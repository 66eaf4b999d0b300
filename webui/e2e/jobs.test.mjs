// A job is defined, runs with its log, and is a button for the family.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";

const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const shots = new URL("./shots/", import.meta.url).pathname;

const file = `name = "Tidy up"
description = "Throws away what nobody needs."
icon = "wrench"
account = "${userInfo().username}"
argv = ["/bin/sh", "-c", 'printf "\\033[1;32mgreen\\033[0m and \\033[31mred\\033[0m\\n"; echo "::progress 40 sorting"; while ! test -e "$0/go"; do sleep 0.1; done; echo "for $HOMIE_PARAM_WHOM"; test "$HOMIE_PARAM_WHOM" != nobody', "GO"]
button = true
confirm = "This throws things away. Go on?"
grace = "1s"

[[parameter]]
name = "whom"
description = "For whom"
type = "choice"
choices = ["everybody", "nobody"]
`;

let box;
let browser;
let owner;
let member;
const wrong = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
  owner = await visit("owner", {});
  member = await visit("member", { colorScheme: "dark", ...phone });
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

async function visit(door, options) {
  const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.on("pageerror", (err) => wrong.push(String(err)));
  await page.goto(box.door(door));
  return page;
}

const shows = (page, text) => page.getByText(text).first().waitFor();

describe("a job", () => {
  it("is written with what is wrong said at once", async () => {
    await owner.getByRole("navigation", { name: "Main" }).first().getByRole("link", { name: "Jobs" }).click();
    await shows(owner, "No jobs yet");
    await owner.screenshot({ path: `${shots}jobs-empty.png` });
    await owner.getByRole("link", { name: "New" }).click();
    await owner.getByLabel("Machine", { exact: true }).selectOption("den");
    await owner.getByLabel("Short name").fill("tidy");
    const text = owner.getByLabel("File", { exact: true });
    await text.fill(`${file}speed = 3\n`);
    await shows(owner, /Line \d+: there is no setting/);
    await owner.screenshot({ path: `${shots}job-wrong.png` });
    await text.fill(file.replace("GO", box.stateDir("homie-den")));
    await shows(owner, /It is fine, and runs as/);
    await owner.getByRole("button", { name: "Keep it" }).click();
    await owner.getByRole("heading", { name: "Tidy up" }).waitFor();
    await owner.screenshot({ path: `${shots}job.png` });
  });

  it("runs, with its log in colours and how far it is", async () => {
    await owner.getByRole("button", { name: "Start it" }).click();
    await owner.getByLabel("For whom").selectOption("nobody");
    await owner.getByRole("dialog").getByRole("button", { name: "Start it" }).click();
    const log = owner.getByRole("log");
    await log.getByText("green", { exact: true }).waitFor();
    const colour = await log.getByText("red", { exact: true }).evaluate((e) => getComputedStyle(e).color);
    assert.equal(colour, "rgb(176, 42, 34)");
    await shows(owner, "40 %");
    await shows(owner, "sorting");
    await owner.screenshot({ path: `${shots}job-running.png` });
    await owner.getByRole("button", { name: "Cancel" }).click();
    await owner.getByRole("button", { name: "Cancel it" }).click();
    await shows(owner, /Cancelled by Olivia/);
    await owner.getByRole("button", { name: "Start it again" }).waitFor();
  });

  it("is a button for the family, on a phone, and says why it failed", async () => {
    await member.getByRole("region", { name: "Buttons" }).getByRole("button", { name: /Tidy up/ }).click();
    await shows(member, "This throws things away. Go on?");
    await member.screenshot({ path: `${shots}job-asks-phone.png` });
    await member.getByLabel("For whom").selectOption("nobody");
    await member.getByRole("button", { name: "Start it" }).click();
    await shows(member, "40 %");
    await member.screenshot({ path: `${shots}job-button-phone.png` });
    await member.getByRole("link", { name: /40 %/ }).click();
    await member.getByRole("log").getByText("green", { exact: true }).waitFor();
    writeFileSync(`${box.stateDir("homie-den")}/go`, "");
    await shows(member, "It ended with exit code 1.");
    await member.getByRole("log").getByText("for nobody").waitFor();
    assert.equal(await member.getByRole("log").getByText("green", { exact: true }).count(), 1);
    await member.screenshot({ path: `${shots}job-failed-phone.png` });
    const wide = await member.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(wide, false, "the page is wider than the phone");
  });

  it("keeps its history, and goes when it is removed", async () => {
    await owner.getByRole("link", { name: "Tidy up" }).first().click();
    await shows(owner, "It ended with exit code 1.");
    await owner.screenshot({ path: `${shots}job-history.png` });
    await owner.getByRole("button", { name: "Remove" }).click();
    await owner.getByRole("button", { name: "Remove it" }).click();
    await shows(owner, "No jobs yet");
    await member.goto(box.door("member"));
    await shows(member, /Max\./);
    await member.getByRole("region", { name: "Buttons" }).waitFor({ state: "detached" });
    assert.deepEqual(wrong, []);
  });
});
