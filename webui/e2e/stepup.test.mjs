// Confirming that it is oneself: on another device, by a passkey, and by the code
// of the gateway's host. The household asks, as other tests' households do not.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { promisify } from "node:util";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { readable, sees, type } from "./screen.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const homie = new URL("../../bin/homie", import.meta.url).pathname;
const shots = new URL("./shots/", import.meta.url).pathname;
const desk = { viewport: { width: 1280, height: 800 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

let box;
let browser;

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox("--step-up", "12h");
  // Passkeys want a certificate without a fault. The one of the box's own
  // authority is taken by the whole browser, as if it were installed.
  browser = await launch(`--host-resolver-rules=MAP ${box.gateway}:443 127.0.0.1:${box.rawPort}`, "--ignore-certificate-errors");
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

async function visit(address, options) {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  await readable(context);
  const page = await context.newPage();
  await page.goto(address);
  return page;
}

const dialog = (page, name) => page.getByRole("dialog", { name, exact: true });
const asked = (page) => dialog(page, "Please confirm that it is you");
const button = (at, name) => at.getByRole("button", { name, exact: true });
const me = async (page) => {
  await page.evaluate(() => history.pushState(null, "", "/me"));
  await page.reload();
};
const machines = async (page) => {
  await page.goto(new URL("/", page.url()).href);
};

async function check(page, name) {
  await page.waitForTimeout(300); // until what arrives has arrived
  await page.evaluate(`${axe};0`);
  for (const colorScheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForFunction(() => !document.getAnimations().some((a) => a instanceof CSSTransition)); // of the colours
    const broken = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}`));
    });
    assert.deepEqual(broken, [], `${name}, ${colorScheme}`);
    await page.screenshot({ path: `${shots}stepup-${name}-${colorScheme}.png` });
  }
}

/** Answers on the other device what is asked there. */
async function answer(page, yes) {
  const note = page.getByRole("status").filter({ hasText: "olivia-laptop waits for you to confirm something." });
  await note.waitFor();
  await button(note, "Have a look").click();
  const question = dialog(page, "Is this you?");
  await question.getByText(/^Open a terminal on den as /).waitFor();
  await button(question, yes ? "Yes, it is me" : "No, deny it").click();
  await question.waitFor({ state: "detached" });
}

describe("another device of the same person", () => {
  let laptop;
  let other;

  it("confirms, and what was refused goes on by itself, once", async () => {
    laptop = await visit(box.door("owner"), desk);
    other = await visit(box.door("phone"), phone);
    await button(laptop, "Open terminal on den").click();
    await asked(laptop).getByText(/^Open a terminal on den as /).waitFor();
    await asked(laptop).getByText(/not again|need not ask again for 12 hours/).waitFor();
    await check(laptop, "asked");
    const note = other.getByRole("status").filter({ hasText: "olivia-laptop waits for you" });
    await button(note, "Have a look").click();
    await dialog(other, "Is this you?").getByText(/^Open a terminal on den as /).waitFor();
    await check(other, "question");
    await other.keyboard.press("Escape");
    await dialog(other, "Is this you?").waitFor({ state: "detached" });
    await answer(other, true);
    await asked(laptop).waitFor({ state: "detached" });
    await laptop.waitForURL(/\/terminal\/den\//);
    await type(laptop, "echo confirmed-$((6*7))");
    await sees(laptop, /^confirmed-42$/, 60_000);
    const sessions = await terminals(laptop);
    assert.equal(sessions.length, 1, "the terminal was started once");
    await other.getByText("waits for you to confirm something").waitFor({ state: "detached" });
  });

  it("is not asked again for a while", async () => {
    await machines(laptop);
    await button(laptop, "Open terminal on den").click();
    await laptop.waitForURL(/\/terminal\/den\//);
    await sees(laptop, /\S/);
    assert.equal((await terminals(laptop)).length, 2);
  });

  it("denies, and nothing is done", async () => {
    await me(laptop);
    await laptop.getByText(/^This device need not ask until /).waitFor();
    await button(laptop, "Ask again from now on").click();
    await laptop.getByText("This device asks the next time.").waitFor();
    await machines(laptop);
    await button(laptop, "Open terminal on den").click();
    await asked(laptop).waitFor();
    await answer(other, false);
    await laptop.getByText("It was denied on another device of yours, so it was not done.").waitFor();
    assert.equal(await asked(laptop).count(), 0);
    assert.equal((await terminals(laptop)).length, 2);
  });

  it("can be given up by the keyboard", async () => {
    await laptop.waitForTimeout(31_000); // after a denial a device may not ask at once
    await button(laptop, "Open terminal on den").focus();
    await laptop.keyboard.press("Enter");
    await asked(laptop).waitFor();
    await laptop.keyboard.press("Escape");
    await laptop.getByText("You did not confirm it, so it was not done.").first().waitFor();
    await other.getByText("waits for you to confirm something").waitFor({ state: "detached" });
    assert.equal((await terminals(laptop)).length, 2);
  });
});

/** The terminals that run, as the gateway says. */
async function terminals(page) {
  const answer = await page.evaluate(async () => {
    const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "terminal.session.list", params: { node: "den" } });
    const response = await fetch("/rpc", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    return response.json();
  });
  return answer.result.sessions.filter((s) => s.state === "running");
}

describe("a passkey", () => {
  let page;

  before(async () => {
    page = await visit(`https://${box.gateway}/`, desk);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("WebAuthn.enable");
    await cdp.send("WebAuthn.addVirtualAuthenticator", {
      options: {
        protocol: "ctap2", transport: "internal", hasResidentKey: true, hasUserVerification: true,
        isUserVerified: true, automaticPresenceSimulation: true,
      },
    });
  });

  it("is added by the code that the gateway's host shows, and by no other", async () => {
    await me(page);
    await button(page, "Add a passkey").click();
    const naming = dialog(page, "Add a passkey");
    await naming.getByLabel("What you call it").fill("My tablet");
    await button(naming, "Go on").click();
    await asked(page).getByText("Add a passkey for Max on max-tablet").waitFor();
    await check(page, "code");
    const code = asked(page).getByLabel("No other device? A one-time code");
    await code.fill("AAAAA-AAAAA");
    await button(asked(page), "Use the code").click();
    await asked(page).getByText(/There is no code for this/).waitFor();
    const { stdout } = await promisify(execFile)(homie, ["stepup", "code", "--state-dir", box.stateDir("homie"), "max@example.com"]);
    const [right] = /[A-Z2-9]{5}-[A-Z2-9]{5}/.exec(stdout);
    await code.fill("WRONG-WRONG");
    await button(asked(page), "Use the code").click();
    await asked(page).getByText("That is not the code. 4 tries are left.").waitFor();
    await page.waitForTimeout(1_100);
    await code.fill(right.toLowerCase());
    await button(asked(page), "Use the code").click();
    await page.getByText("The passkey was added").waitFor();
    await page.getByText("My tablet", { exact: true }).waitFor();
    await check(page, "me");
  });

  it("confirms on the device that asks", async () => {
    await machines(page);
    await button(page, "Open terminal on den").click();
    await asked(page).waitFor();
    await check(page, "passkey");
    await button(asked(page), "Use a passkey").click();
    await page.waitForURL(/\/terminal\/den\//);
    await type(page, "echo passkey-$((6*7))");
    await sees(page, /^passkey-42$/, 60_000);
  });

  it("is asked for each time where others use the device, too", async () => {
    await me(page);
    await page.getByLabel("Others use this device, too").check();
    await page.getByText("This device asks each time.").waitFor();
    for (let i = 0; i < 2; i++) {
      await machines(page);
      await button(page, "Open terminal on den").click();
      await button(asked(page), "Use a passkey").click();
      await page.waitForURL(/\/terminal\/den\//);
      await sees(page, /\S/);
    }
  });

  it("is renamed and removed", async () => {
    await me(page);
    await button(page, "Rename My tablet").click();
    await dialog(page, "Rename the passkey").getByLabel("What you call it").fill("Blue tablet");
    await page.keyboard.press("Enter");
    await page.getByText("Blue tablet", { exact: true }).waitFor();
    await button(page, "Remove Blue tablet").click();
    await button(page, "Remove it").click();
    await asked(page).getByText("Remove the passkey “Blue tablet” of Max").waitFor();
    await button(asked(page), "Use a passkey").click();
    await page.getByText("The passkey was removed").waitFor();
    assert.equal(await page.getByText("Blue tablet", { exact: true }).count(), 0);
  });
});
