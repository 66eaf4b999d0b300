// Finding and naming terminals, profiles, quick commands, and what tmux keeps.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, prompted, readable, sees, type } from "./screen.mjs";

const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const shots = new URL("./shots/", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "org"));

let box;
let browser;

function tmux(...args) {
  return spawnSync("tmux", args, { env: { ...process.env, TMUX_TMPDIR: folder }, encoding: "utf8" });
}

before(async () => {
  mkdirSync(shots, { recursive: true });
  process.env.TMUX_TMPDIR = folder;
  delete process.env.TMUX;
  box = await startBox();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await box?.stop();
  tmux("kill-server");
  rmSync(folder, { recursive: true, force: true });
});

/** A browser of its own at a door, which fails the test on any fault of the app. */
async function visit(door, options = desk) {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  await readable(context);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (err) => faults.push(err.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(box.door(door));
  return {
    page,
    shot: async (name) => {
      await page.screenshot({ path: `${shots}organize-${name}.png` });
      await page.emulateMedia({ colorScheme: "dark" });
      await page.screenshot({ path: `${shots}organize-${name}-dark.png` });
      await page.emulateMedia({ colorScheme: "light" });
    },
    close: async () => {
      await context.close();
      assert.deepEqual(faults, [], "the page reported faults");
    },
  };
}

const toAll = async (page) => {
  await page.getByRole("button", { name: "Open another terminal" }).click();
  await page.getByRole("menuitem", { name: "All terminals" }).click();
  await page.getByRole("searchbox", { name: "Search terminals" }).waitFor();
};

describe("terminals in order", () => {
  let home;
  before(async () => {
    home = await visit("owner");
  });
  after(() => home.close());

  it("opens one by a profile, with its command, folder and variables", async () => {
    const { page, shot } = home;
    await openTerminal(page, "den");
    await page.getByRole("button", { name: "Open another terminal" }).click();
    await page.getByRole("menuitem", { name: "New profile…" }).click();
    const dialog = page.getByRole("dialog", { name: "New profile" });
    await dialog.getByLabel("Name", { exact: true }).fill("Greeter");
    await dialog.getByRole("radio", { name: "Leaf" }).check({ force: true });
    await dialog.getByRole("textbox", { name: "Command" }).fill(`sh -c 'echo "[$GREETING]"; pwd; exec sh`);
    await dialog.getByText("A ' is opened and not closed.").waitFor();
    await dialog.getByRole("textbox", { name: "Command" }).fill(`sh -c 'echo "[$GREETING]"; pwd; exec sh'`);
    assert.deepEqual(await dialog.getByRole("list", { name: "Words of the command" }).getByRole("listitem").allTextContents(), [
      "sh",
      "-c",
      'echo "[$GREETING]"; pwd; exec sh',
    ]);
    await dialog.getByLabel("Machine").selectOption("nas");
    await dialog.getByRole("textbox", { name: "Folder" }).fill("/tmp");
    await dialog.getByLabel("Group").fill("Greetings");
    await dialog.getByRole("button", { name: "Add a variable" }).click();
    await dialog.getByLabel("Variable", { exact: true }).fill("HOMIE_X");
    await dialog.getByText("Homie sets these itself.").waitFor();
    await dialog.getByLabel("Variable", { exact: true }).fill("GREETING");
    await dialog.getByLabel("Value", { exact: true }).fill("good morning");
    await shot("profile");
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("option", { name: /Greeter/ }).click();
    await page.waitForURL(/\/terminal\/nas\//);
    await sees(page, "[good morning]");
    await sees(page, /^\/tmp$/);
  });

  it("finds it in the list, renames it there, and moves it to a group", async () => {
    const { page, shot } = home;
    await toAll(page);
    await page.getByRole("searchbox").fill("nas greet");
    await page.getByRole("link", { name: /nas · Greeter/ }).waitFor();
    assert.equal(await page.getByRole("link", { name: /den · / }).count(), 0);
    await page.getByRole("button", { name: "What to do with Greeter on nas" }).click();
    await page.getByRole("menuitem", { name: "Rename" }).click();
    await page.getByRole("textbox", { name: "Name of Greeter on nas" }).fill("Morning shift");
    await page.keyboard.press("Enter");
    await page.getByRole("searchbox").fill("");
    await page.getByRole("link", { name: /nas · Morning shift/ }).waitFor();
    await page.getByRole("button", { name: /^What to do with .* on den$/ }).first().click();
    await page.getByRole("menuitem", { name: "Move to a group" }).click();
    await page.getByRole("dialog").getByLabel("Group").fill("Greetings");
    await page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Groups" }).click();
    const group = page.getByRole("region", { name: "Greetings" });
    await group.getByRole("link", { name: /den · / }).waitFor();
    await group.getByRole("link", { name: /nas · Morning shift/ }).waitFor();
    await shot("home");
  });

  it("goes to a session by the keyboard alone", async () => {
    const { page, shot } = home;
    await page.getByRole("link", { name: /den · / }).first().click();
    await page.waitForURL(/\/terminal\/den\//);
    await prompted(page);
    await page.keyboard.press("Control+Shift+K");
    await page.getByRole("combobox").waitFor();
    await page.keyboard.type("greet");
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowUp");
    await shot("switcher");
    await page.keyboard.type(" nas morn");
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/terminal\/nas\//);
    await page.keyboard.type("echo typed-$((1+1))\n");
    await sees(page, /^typed-2$/);
  });

  it("opens another in the same folder, wherever that is by now", async () => {
    const { page } = home;
    await type(page, "cd /usr/share");
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "New terminal in the same folder" }).click();
    await sees(page, /\S/);
    await type(page, "pwd");
    await sees(page, /^\/usr\/share$/);
  });

  it("finds a tmux session on the machine and shows it", async (t) => {
    if (tmux("-V").status !== 0) return t.skip("tmux is not installed, so that its sessions can't be found");
    const { page, shot } = home;
    tmux("new-session", "-d", "-s", "left running", "sh -c 'echo in-tmux-$((2+3)); exec cat'");
    tmux("new-session", "-d", "-s", "other", "cat");
    await page.getByRole("button", { name: "Open another terminal" }).click();
    await page.getByText("Found running").waitFor();
    await shot("menu");
    await page.getByRole("menuitem", { name: /den · left running in tmux/ }).click();
    await sees(page, /^in-tmux-5/);
    assert.match(tmux("list-clients", "-t", "=left running").stdout, /left running/);
  });

  it("does not show one person's own profiles to another", async () => {
    const member = await visit("member");
    await openTerminal(member.page, "den");
    await member.page.getByRole("button", { name: "Open another terminal" }).click();
    await member.page.getByRole("menuitem", { name: "New profile…" }).waitFor();
    assert.equal(await member.page.getByText("Greeter").count(), 0);
    await member.close();
  });
});

describe("quick commands on a phone", () => {
  let home;
  before(async () => {
    home = await visit("phone", phone);
  });
  after(() => home.close());

  it("keeps one and runs it at a touch", async () => {
    const { page, shot } = home;
    await openTerminal(page, "den");
    await prompted(page);
    await page.getByRole("button", { name: "Quick commands" }).tap();
    await page.getByText("None yet.").waitFor();
    await page.getByRole("button", { name: "New quick command" }).tap();
    const dialog = page.getByRole("dialog", { name: "New quick command" });
    await dialog.getByRole("button", { name: "Save" }).tap();
    await dialog.getByText("It needs a name, to be chosen by.").waitFor();
    await dialog.getByLabel("Name").fill("Add up");
    await dialog.getByLabel("Text").fill("echo sum-$((20+3))");
    await shot("snippet-phone");
    await dialog.getByRole("button", { name: "Save" }).tap();
    await page.getByRole("option", { name: /Add up/ }).waitFor();
    await shot("snippets-phone");
    await page.getByRole("option", { name: /Add up/ }).tap();
    await sees(page, /^sum-23$/);
  });

  it("asks before several lines run one by one", async () => {
    const { page } = home;
    await type(page, "bash --norc --noediting"); // takes no marked pastes
    await page.getByRole("button", { name: "Quick commands" }).tap();
    await page.getByRole("button", { name: "New quick command" }).tap();
    const dialog = page.getByRole("dialog", { name: "New quick command" });
    await dialog.getByLabel("Name").fill("Two lines");
    await dialog.getByLabel("Text").fill("echo first-$((1+1))\necho second-$((1+2))");
    await dialog.getByRole("button", { name: "Save" }).tap();
    await page.getByRole("option", { name: /Two lines/ }).tap();
    await page.getByRole("dialog", { name: "Paste 2 lines?" }).getByRole("button", { name: "Paste them" }).tap();
    await sees(page, /first-2$/);
    await sees(page, /second-3$/);
  });

  it("lists the terminals within the screen", async () => {
    const { page, shot } = home;
    await toAll(page);
    await shot("home-phone");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(wide, 0, "the page is wider than the screen");
  });
});
