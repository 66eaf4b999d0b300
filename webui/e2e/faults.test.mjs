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
    await box.kill("gateway");
    await page.getByText(/^Reconnecting/).waitFor();
    await page.getByText("Waiting for the connection to Homie").waitFor();
    await page.keyboard.type("never-sent");
    await page.getByText(/^What you type now is not sent/).waitFor();
    await page.getByTitle(/^Connected to Homie/).waitFor({ timeout: 40_000 });
    await page.getByText("Waiting for the connection to Homie").waitFor({ state: "detached", timeout: 40_000 });
    await sees(page, /^all-42$/, 40_000);
    assert.equal(await neverReloaded(page), true);
    assert.equal(await count(page, /never-sent/), 0);
    // The end of the count is on the screen: each number once, none missing.
    for (let n = 65; n <= 80; n++) assert.equal(await count(page, new RegExp(`^line-${n}-$`)), 1, `line ${n}`);
    await type(page, "echo still-here-$((8*8))");
    await sees(page, /^still-here-64$/);
    await page.context().close();
  });
});

describe("a machine's agent is killed", () => {
  it("the machine goes offline for everybody, and comes back by itself", async () => {
    const page = await visit("member");
    const nas = page.getByRole("region", { name: "nas", exact: true });
    await nas.getByRole("button", { name: /Open terminal/ }).waitFor();
    await box.kill("nas");
    await nas.getByText("Offline").waitFor({ timeout: 10_000 });
    await page.getByText("1 of 2 machines are up.").waitFor();
    await box.revive("nas");
    await nas.getByRole("button", { name: /Open terminal/ }).waitFor({ timeout: 60_000 });
    await page.getByText("Both machines are up.").waitFor();
    assert.equal(await neverReloaded(page), true);
    await openTerminal(page, "nas");
    await type(page, "echo works-$((9*9))");
    await sees(page, /^works-81$/);
    await page.context().close();
  });
});
