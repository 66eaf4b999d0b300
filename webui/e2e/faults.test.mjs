// What breaks in use, and that it heals without a reload: the gateway, a
// machine, and the network between.
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { count, openTerminal, readable, sees, type } from "./screen.mjs";

let box;
let browser;

before(async () => {
  box = await startBox();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

async function visit(door) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 700 } });
  await readable(context);
  const page = await context.newPage();
  await page.goto(box.door(door));
  await page.evaluate(() => {
    window.neverReloaded = true;
  });
  return page;
}

const neverReloaded = (page) => page.evaluate(() => window.neverReloaded === true);

describe("the gateway is killed", () => {
  it("is said in words, typed keys are not sent late, and the terminal goes on exactly", async () => {
    const page = await visit("owner");
    await openTerminal(page, "den");
    // Numbers go on coming while nobody can see them.
    await type(page, "n=0; while [ $n -lt 80 ]; do n=$((n+1)); echo line-$n-; sleep 0.1; done; echo all-$((40+2))");
    await sees(page, /^line-5-$/);
    await page.context().setOffline(true); // the new gateway is quicker than a tester
    box.signal("homie", "SIGKILL");
    await page.getByText(/^Reconnecting/).waitFor();
    await page.getByText("Waiting for the connection to Homie").waitFor();
    await page.keyboard.type("never-sent");
    await page.getByText(/^What you type now is not sent/).waitFor();
    await page.context().setOffline(false);
    await page.getByTitle(/^Connected to Homie/).waitFor({ timeout: 40_000 });
    await page.getByText("Waiting for the connection to Homie").waitFor({ state: "detached", timeout: 40_000 });
    await page.getByText("What you typed meanwhile was not sent").waitFor();
    await sees(page, /^all-42$/, 40_000);
    assert.equal(await neverReloaded(page), true);
    assert.equal(await count(page, /never-sent/), 0);
    // The end of the count is on the screen: each number once, none missing.
    for (let n = 65; n <= 80; n++) assert.equal(await count(page, new RegExp(`^line-${n}-$`)), 1, `line ${n}`);
    await type(page, "echo still-here-$((8*8))");
    await sees(page, /^still-here-64$/);
    await page.getByText("What you typed meanwhile was not sent").waitFor({ state: "detached" });
    await page.context().close();
  });
});

describe("a machine", () => {
  it("that does not answer is offline for everybody, and its terminals go on when it is back", async () => {
    const watcher = await visit("member");
    const card = watcher.getByRole("region", { name: "nas", exact: true });
    await card.getByRole("button", { name: /Open terminal/ }).waitFor();
    const page = await visit("owner");
    await openTerminal(page, "nas");
    await type(page, "kept=before-$((6*6)); echo ready-$((1+1))");
    await sees(page, /^ready-2$/);

    box.signal("homie-nas", "SIGSTOP");
    try {
      await card.getByText("Offline").waitFor({ timeout: 10_000 });
      await watcher.getByText("1 of 2 machines is online.").waitFor();
      await page.getByText("Waiting for nas to come back").waitFor({ timeout: 10_000 });
    } finally {
      box.signal("homie-nas", "SIGCONT");
    }
    await card.getByRole("button", { name: /Open terminal/ }).waitFor({ timeout: 40_000 });
    await watcher.getByText("Both machines are online.").waitFor();
    await page.getByText("Waiting for nas to come back").waitFor({ state: "detached", timeout: 40_000 });
    await type(page, "echo $kept");
    await sees(page, /^before-36$/);
    assert.equal(await neverReloaded(watcher), true);
    await watcher.context().close();
    await page.context().close();
  });

  it("whose agent is killed comes back by itself, and its terminals as if nothing had happened", async () => {
    const page = await visit("owner");
    await openTerminal(page, "den");
    await type(page, "kept=before-$((7*6)); echo ready-$((1+1))");
    await sees(page, /^ready-2$/);
    box.signal("homie-den", "SIGKILL");
    // It is back within a moment, in which keys may be refused.
    for (let tries = 0; tries < 20; tries++) {
      await type(page, "echo $kept");
      if (await sees(page, /^before-42$/, 2_000).then(() => true, () => false)) break;
    }
    await sees(page, /^before-42$/);
    await sees(page, /^ready-2$/);
    assert.equal(await neverReloaded(page), true);
    await page.context().close();
  });
});

describe("a machine that an owner removes", () => {
  it("is gone from every screen, and back when the owner lets it", async () => {
    const watcher = await visit("member");
    const card = watcher.getByRole("region", { name: "nas", exact: true });
    await card.getByRole("button", { name: /Open terminal/ }).waitFor();
    const page = await visit("owner");
    await page.getByRole("link", { name: "Joining" }).click();
    await page.getByRole("button", { name: "Remove nas" }).click();
    const question = page.getByRole("dialog", { name: "Remove nas?" });
    await question.getByRole("button", { name: "Keep it" }).click();
    await question.waitFor({ state: "detached" });
    await page.getByRole("button", { name: "Remove nas" }).click();
    await question.getByRole("button", { name: "Remove it" }).click();
    await page.getByText("nas was removed").waitFor();
    await card.waitFor({ state: "detached" });
    await watcher.getByText("Your machine is online.").waitFor();
    await page.getByRole("region", { name: "Removed" }).getByText(/stays out until you let it back in/).waitFor();
    await page.getByRole("button", { name: /^Let it back in/ }).click();
    await page.getByText("nas is back in").waitFor();
    await card.getByRole("button", { name: /Open terminal/ }).waitFor({ timeout: 60_000 });
    assert.equal(await neverReloaded(watcher), true);
    await watcher.context().close();
    await page.context().close();
  });
});
