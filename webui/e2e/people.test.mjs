// Who can reach the home, and what they may do, as an owner sees it.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("./shots/", import.meta.url).pathname;
const desk = { viewport: { width: 1280, height: 860 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

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

async function visit(door, options, path = "") {
  const context = await browser.newContext({ colorScheme: "light", ...options });
  const page = await context.newPage();
  await page.goto(box.door(door));
  await page.getByRole("heading", { level: 1 }).waitFor();
  if (path) await page.goto(new URL(path, page.url()).href);
  return page;
}

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
    await page.screenshot({ path: `${shots}people-${name}-${colorScheme}.png`, fullPage: true });
  }
}

const card = (page, name) => page.getByRole("listitem").filter({ has: page.getByRole("heading", { name, exact: true, level: 3 }) });

it("shows an owner who may do what, and which grant says so", async () => {
  const page = await visit("owner", desk);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" }).click();
  await page.getByRole("heading", { name: "People and rights", level: 1 }).waitFor();
  const max = card(page, "Max");
  await max.getByText("Member", { exact: true }).waitFor();
  await max.getByText("max-tablet").waitFor();
  await max.getByText(/Allows .*terminal/i).first().waitFor();
  await card(page, "Vera").getByText("No grant", { exact: true }).waitFor();
  await card(page, "homie-den").getByText("Machine", { exact: true }).waitFor();
  await check(page, "desk");
  await page.getByLabel("Find a person, device or right").fill("max tablet");
  await card(page, "Vera").waitFor({ state: "detached" });
  await max.waitFor();
  await page.getByLabel("Find a person, device or right").fill("nobody at all");
  await page.getByRole("heading", { name: "Nobody like that" }).waitFor();
});

it("is on a phone, too, from one's own page", async () => {
  const page = await visit("phone", phone, "/me");
  await page.getByRole("link", { name: "People and rights" }).click();
  await card(page, "Max").waitFor();
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing is wider than the phone");
  await check(page, "phone");
});

it("is not a member's", async () => {
  const page = await visit("member", desk, "/people");
  await page.getByRole("heading", { name: "People and rights are not open to you" }).waitFor();
  assert.equal(await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "People" }).count(), 0);
});
