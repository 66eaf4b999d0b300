// Everybody can read and use it: no page breaks a rule that axe can check, by
// day or in the evening, at a desk or on a phone.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const pages = [
  ["owner", "", "Both machines are online."],
  ["owner", "machines/den", "How it is"],
  ["owner", "terminal", "Find one that is there, or open another."],
  ["owner", "recordings", "What terminals showed, to be played again."],
  ["owner", "me", "You may"],
  ["owner", "pairing", "Part of this home"],
  ["owner", "activity", "Look again"],
  ["member", "me", "You may not"],
  ["visitor", "", "How to get in"],
];

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

async function check(page) {
  await page.evaluate(`${axe};0`);
  const broken = await page.evaluate(async () => {
    const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}`));
  });
  assert.deepEqual(broken, []);
}

for (const [colorScheme, width] of [
  ["light", 1280],
  ["dark", 390],
]) {
  describe(`${colorScheme}, ${width} wide`, () => {
    let context;
    before(async () => {
      context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width, height: 800 } });
    });
    after(() => context.close());

    for (const [door, path, text] of pages) {
      it(`${door}: /${path}`, async () => {
        const page = await context.newPage();
        await page.goto(box.door(door) + path);
        await page.getByText(text, { exact: true }).first().waitFor();
        await check(page);
        await page.close();
      });
    }

    it("a terminal", async () => {
      const page = await context.newPage();
      await page.goto(box.door("owner"));
      await page.getByRole("button", { name: "Open terminal on den", exact: true }).click();
      await page.getByRole("tab", { name: /den/ }).waitFor();
      await page.locator(".xterm-screen").waitFor();
      await check(page);
      await page.close();
    });
  });
}
