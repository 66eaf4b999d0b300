// The main journey: the owner, a member and a visitor, at a desk and on a phone.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { count, openTerminal, prompted, readable, run, sees, type } from "./screen.mjs";

const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

/** A browser of its own at a door, which fails the test on any fault of the app. */
async function visit(door, options = desk) {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  await readable(context);
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (err) => faults.push(err.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(box.door(door));
  return {
    page,
    shot: (name) => page.screenshot({ path: `${shots}${name}.png` }),
    close: async () => {
      await context.close();
      assert.deepEqual(faults, [], "the page reported faults");
    },
  };
}

const card = (page, name) => page.getByRole("region", { name, exact: true });

describe("the owner at a desk", () => {
  let home;
  before(async () => {
    home = await visit("owner");
  });
  after(() => home.close());

  it("sees the machines, up and how they are", async () => {
    const { page, shot } = home;
    await page.getByRole("heading", { level: 1, name: /Olivia/ }).waitFor();
    for (const name of ["den", "nas"]) {
      await card(page, name).getByText(/^(Linux|macOS) · on for /).waitFor();
      await card(page, name).getByRole("meter", { name: "Memory" }).waitFor();
      await card(page, name).getByText(/^(Direct|Relayed|Online)/).waitFor();
    }
    await page.getByText("Both machines are online.").waitFor();
    await page.getByTitle(/Connected to Homie, \d+ ms/).waitFor();
    await shot("owner-machines");
  });

  it("opens a terminal, types, and sees the answer", async () => {
    const { page, shot } = home;
    await openTerminal(page, "den");
    await type(page, "echo hello-$((6*7))");
    await sees(page, /^hello-42$/);
    await shot("owner-terminal");
  });

  it("finds the same session and what it showed after a reload", async () => {
    const { page } = home;
    const address = page.url();
    await type(page, "marker=kept-in-the-shell");
    await page.reload();
    assert.equal(page.url(), address);
    await sees(page, /^hello-42$/);
    await type(page, "echo $marker");
    await sees(page, /^kept-in-the-shell$/);
  });

  it("opens a second tab on another machine and comes back to the first", async () => {
    const { page, shot } = home;
    await page.getByRole("button", { name: "Open another terminal" }).click();
    await page.getByRole("menuitem", { name: "nas" }).first().click();
    await page.waitForURL(/\/terminal\/nas\//);
    await sees(page, /\S/);
    await type(page, "echo on-the-second-$((1+1))");
    await sees(page, /^on-the-second-2$/);
    await shot("owner-two-tabs");
    const tabs = page.getByRole("tab");
    assert.equal(await tabs.count(), 2);
    await tabs.first().focus();
    await page.keyboard.press("Enter");
    await tabs.first().click();
    await sees(page, /^hello-42$/);
    await tabs.first().click(); // it is shown already: the keys stay with the terminal
    await page.keyboard.type("echo typed-$((1+6))\n");
    await sees(page, /^typed-7$/);
  });

  it("finds text with the search panel", async () => {
    const { page } = home;
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("textbox", { name: "Search in the terminal" }).fill("hello-42");
    await page.getByText(/^\d+ of \d+$/).waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("search").waitFor({ state: "detached" });
  });

  it("is asked before several lines run, and told of the keys", async () => {
    const { page } = home;
    await run(page, "cat"); // which does not ask for pastes to be marked
    await page.locator(".xterm-helper-textarea").evaluate((field) => {
      const clipboardData = new DataTransfer();
      clipboardData.setData("text/plain", "first piece\nsecond piece\nthird piece\n");
      field.dispatchEvent(new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true }));
    });
    const question = page.getByRole("dialog", { name: "Paste 3 lines?" });
    await question.getByText("second piece").waitFor();
    assert.equal(await count(page, /piece/), 0);
    await question.getByRole("button", { name: "Paste them" }).click();
    await sees(page, /^third piece$/);
    await page.keyboard.press("Control+D");
    await prompted(page);
    await page.keyboard.press("Control+F6");
    await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tab");
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "Keyboard shortcuts" }).click();
    await page.getByRole("dialog", { name: "Keyboard shortcuts" }).getByText("leave the terminal, to its tab").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  });

  it("sees how a shell ended, and starts a new one in its place", async () => {
    const { page, shot } = home;
    await type(page, "exit 3");
    await page.getByText("The shell ended (exit 3).").waitFor();
    await page.waitForFunction(() => document.activeElement?.textContent === "Start a new one");
    await shot("owner-shell-ended");
    const before = page.url();
    await page.keyboard.press("Enter");
    await page.waitForFunction((old) => location.href !== old, before);
    await sees(page, /\S/);
    await type(page, "echo again-$((2+3))");
    await sees(page, /^again-5$/);
  });

  it("closes a tab, and the session is still there to return to", async () => {
    const { page } = home;
    await page.getByTitle(/^Close the tab of den/).click();
    await page.waitForURL(/\/terminal\/nas\//);
    await page.getByRole("link", { name: "Machines", exact: true }).click();
    await card(page, "den").getByRole("link", { name: /Return/ }).last().click();
    await sees(page, /^again-5$/);
  });

  it("ends a session after a question", async () => {
    const { page } = home;
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name: "End session" }).click();
    await page.getByRole("dialog", { name: "End this session?" }).getByRole("button", { name: "End it" }).click();
    await page.getByText("The session on den has ended").waitFor();
    await page.waitForURL(/\/terminal\/nas\//);
  });

  it("reads who they are and what they may, the pairings and the activity", async () => {
    const { page, shot } = home;
    await page.getByRole("link", { name: /^Who am I/ }).click();
    await page.getByText("olivia@example.com").first().waitFor();
    await page.getByText("open terminals on machines and type in them").waitFor();
    await shot("owner-me");
    await page.getByRole("link", { name: "Joining" }).click();
    await page.getByRole("button", { name: "Remove den" }).waitFor();
    await shot("owner-joining");
    await page.getByRole("link", { name: "Activity" }).click();
    await page.getByText(/opened a terminal/).first().waitFor();
    await shot("owner-activity");
  });

  it("can be entered by the keyboard alone", async () => {
    const { page } = home;
    await page.goto(box.door("owner"));
    await card(page, "den").waitFor();
    await page.keyboard.press("Tab");
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Skip to the content");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  });
});

describe("the owner's phone", () => {
  let home;
  before(async () => {
    home = await visit("phone", phone);
  });
  after(() => home.close());

  const key = (name) => home.page.getByRole("toolbar", { name: "Keys" }).getByRole("button", { name, exact: true });

  it("shows the machines without scrolling sideways", async () => {
    const { page, shot } = home;
    await card(page, "nas").getByText(/on for /).first().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(wide, false);
    await shot("phone-machines");
  });

  it("interrupts and edits with the key bar", async () => {
    const { page, shot } = home;
    await openTerminal(page, "den");
    await run(page, "sleep 1000");
    await key("^C, interrupt").tap();
    await sees(page, /\^C/);
    await prompted(page);
    await type(page, "echo first-$((1+0))");
    await sees(page, /^first-1$/);
    // The line before, with its end changed: up, erase ")) ", type anew.
    await key("Up").tap();
    await page.keyboard.press("Backspace");
    await page.keyboard.press("Backspace");
    await page.keyboard.type("+8))\n");
    await sees(page, /^first-9$/);
    await shot("phone-terminal");
  });

  it("holds Ctrl for the next key, and keeps the focus in the terminal", async () => {
    const { page } = home;
    await run(page, "cat");
    await key("Ctrl, held for the next key").tap();
    await page.keyboard.type("c");
    await prompted(page);
    await type(page, "echo back-$((3*3))");
    await sees(page, /^back-9$/);
    const focused = await page.evaluate(() => document.activeElement?.classList.contains("xterm-helper-textarea"));
    assert.equal(focused, true);
  });

  it("pastes by the system where the browser keeps the clipboard", async () => {
    const { page } = home;
    await key("Paste").tap();
    const field = page.getByRole("dialog", { name: "Paste" });
    await field.getByRole("textbox").fill("echo field-$((4+4))");
    await field.getByRole("button", { name: "Paste" }).tap();
    await page.keyboard.press("Enter");
    await sees(page, /^field-8$/);
  });

  it("shows a machine with its terminals without scrolling sideways", async () => {
    const { page } = home;
    await page.getByRole("link", { name: "Homie, machines" }).tap();
    await card(page, "den").getByRole("link", { name: "den", exact: true }).tap();
    await page.getByRole("heading", { name: "How it is" }).waitFor();
    await page.getByRole("link", { name: /Return/ }).last().waitFor();
    const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    assert.equal(wide, false);
    await page.getByRole("link", { name: /Return/ }).last().tap();
    await sees(page, /^field-8$/);
  });

  it("has a way out when it lies on its side", async () => {
    const { page } = home;
    await page.setViewportSize({ width: 844, height: 390 });
    await page.getByRole("link", { name: "Homie, machines" }).tap();
    await card(page, "den").waitFor();
    await page.setViewportSize(phone.viewport);
    await card(page, "den").getByRole("link", { name: /Return/ }).last().tap();
    await sees(page, /^field-8$/);
  });

  it("keeps the prompt above a soft keyboard", async () => {
    const { page } = home;
    await page.setViewportSize({ width: 390, height: 480 });
    await page.waitForFunction(() => {
      const bar = document.querySelector('[aria-label="Keys"]')?.getBoundingClientRect();
      const screen = document.querySelector(".xterm-screen")?.getBoundingClientRect();
      return bar && screen && bar.bottom <= window.innerHeight && screen.bottom <= bar.top + 1;
    });
    await type(page, "echo seen-$((5*5))");
    await sees(page, /^seen-25$/);
    await page.setViewportSize(phone.viewport);
  });
});

describe("in the evening", () => {
  it("everything is dark, and stays so by choice", async () => {
    const home = await visit("owner", { ...desk, colorScheme: "dark" });
    const { page, shot } = home;
    await card(page, "den").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
    await shot("dark-machines");
    await openTerminal(page, "nas");
    await type(page, "printf '\\033[31mred \\033[32mgreen\\033[0m\\n'");
    await sees(page, /^red green$/);
    await shot("dark-terminal");
    await page.getByRole("button", { name: "Colours" }).click();
    await page.getByRole("menuitemcheckbox", { name: "Day" }).click();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
    await page.reload();
    assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "light");
    await home.close();
  });
});

describe("a member", () => {
  it("opens a terminal, and is not offered what only owners may", async () => {
    const home = await visit("member");
    const { page, shot } = home;
    await page.getByRole("heading", { level: 1, name: /Max/ }).waitFor();
    await card(page, "nas").waitFor();
    assert.equal(await page.getByRole("link", { name: "Joining" }).count(), 0);
    assert.equal(await page.getByRole("link", { name: "Activity" }).count(), 0);
    await shot("member-machines");
    await openTerminal(page, "nas");
    await type(page, "echo member-$((7*6))");
    await sees(page, /^member-42$/);
    await page.goto(`${box.door("member")}pairing`);
    await page.getByText("Joining machines is not open to you").waitFor();
    await page.getByRole("link", { name: "What may I do?" }).click();
    await page.getByText("let machines join this home, and remove them").waitFor();
    await shot("member-me");
    await home.close();
  });

  it("sees whose terminal it is before and after joining it", async () => {
    const home = await visit("member");
    const { page } = home;
    const theirs = card(page, "nas").getByRole("link", { name: /^Olivia’s \w+ runs as \w+ .*Join$/ });
    await theirs.first().click();
    await page.getByText(/^Olivia’s terminal\. What you type runs as \w+$/).waitFor();
    await page.getByText(/^Olivia’s terminal, runs as \w+$/).waitFor();
    await home.close();
  });

  it("does the same on a phone", async () => {
    const home = await visit("member", phone);
    await openTerminal(home.page, "den");
    await type(home.page, "echo small-$((2*4))");
    await sees(home.page, /^small-8$/);
    await home.shot("member-phone");
    await home.close();
  });
});

describe("a visitor", () => {
  for (const [size, options] of [
    ["desk", desk],
    ["phone", phone],
  ]) {
    it(`is refused kindly, with the grant to ask for, at ${size} size`, async () => {
      const home = await visit("visitor", {
        ...options,
        permissions: ["clipboard-read", "clipboard-write"],
      });
      const { page, shot } = home;
      await page.getByRole("heading", { name: "Hello Vera, you found the door." }).waitFor();
      await page.getByText("vera@example.com").first().waitFor();
      const grant = await page.getByLabel("The grant to ask for").innerText();
      assert.match(grant, /vera@example\.com/);
      assert.match(grant, /homie\.internal\/cap\/homie/);
      await page.getByRole("button", { name: /^Copy what to send/ }).click();
      await page.getByText("Copied").waitFor();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(copied.includes(grant.trim()), "the clipboard does not hold the grant");
      assert.equal(await page.getByRole("button", { name: /Open terminal/ }).count(), 0);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
      assert.equal(wide, false);
      await shot(`visitor-${size}`);
      await home.close();
    });
  }
});
