// Several terminals at once: side by side, one above the other, moved, resized,
// zoomed, and found again after a reload.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, readable, sees, type } from "./screen.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("./shots/", import.meta.url).pathname;

let box;
let browser;
let page;
const faults = [];

before(async () => {
  mkdirSync(shots, { recursive: true });
  box = await startBox();
  browser = await launch();
  const context = await browser.newContext({ colorScheme: "light", viewport: { width: 1280, height: 800 } });
  await readable(context);
  page = await context.newPage();
  page.on("pageerror", (err) => faults.push(err.message));
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  await page.goto(box.door("owner"));
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

const panes = () => page.locator("[data-pane]");
const focused = () => page.locator('[data-pane="focused"]');

/** Types into the terminal that has the keyboard. */
async function say(text) {
  await page.waitForFunction(() => document.activeElement?.classList.contains("xterm-helper-textarea"));
  await page.keyboard.type(`${text}\n`);
}

/** Waits until a row of the focused pane matches. */
async function shows(pattern) {
  await page.waitForFunction(
    ({ source }) =>
      [...document.querySelectorAll('[data-pane="focused"] .xterm-accessibility-tree > *')].some((row) =>
        new RegExp(source).test((row.textContent ?? "").trimEnd()),
      ),
    { source: pattern.source },
    { timeout: 10_000 },
  );
}

async function places() {
  return panes().evaluateAll((all) =>
    all.map((p) => {
      const { x, y, width, height } = p.getBoundingClientRect();
      return [x, y, width, height].map(Math.round);
    }),
  );
}

it("splits to two by two, by menu and by keys", async () => {
  await openTerminal(page, "den");
  await type(page, "echo one-$((0+1))");
  await sees(page, /^one-1$/);
  await page.getByRole("button", { name: "Split", exact: true }).click();
  await page.getByRole("menuitem", { name: /^New terminal beside/ }).click();
  await panes().nth(1).waitFor();
  await say("echo two-$((1+1))");
  await shows(/^two-2$/);
  await page.keyboard.press("Control+Shift+O");
  await panes().nth(2).waitFor();
  await say("echo three-$((1+2))");
  await shows(/^three-3$/);
  await page.keyboard.press("Control+Shift+ArrowLeft");
  await shows(/^one-1$/);
  await page.keyboard.press("Control+Shift+O");
  await panes().nth(3).waitFor();
  await say("echo four-$((2+2))");
  await shows(/^four-4$/);
  assert.equal(await panes().count(), 4);
  const columns = new Set((await places()).map(([x]) => x));
  assert.equal(columns.size, 2);
  await page.screenshot({ path: `${shots}splits-light.png` });
});

it("moves between them by keys and clicks, and the address follows", async () => {
  const address = page.url();
  await page.keyboard.press("Control+Shift+ArrowUp");
  await shows(/^one-1$/);
  assert.notEqual(page.url(), address);
  await page.keyboard.press("Control+Shift+ArrowRight");
  await shows(/^two-2$/);
  await page.keyboard.press("Control+Shift+ArrowRight"); // nothing is there
  await shows(/^two-2$/);
  await panes().filter({ hasText: "four-4" }).locator(".xterm-screen").click();
  await shows(/^four-4$/);
  assert.equal(page.url(), address);
});

it("is resized by keys and by dragging, and each program learns its size", async () => {
  await say("stty size");
  await shows(/^\d+ \d+$/);
  const cols = async () => {
    const rows = await focused().locator(".xterm-accessibility-tree > *").allTextContents();
    return Number(rows.map((r) => /^\d+ (\d+)$/.exec(r.trimEnd())?.[1]).filter(Boolean).pop());
  };
  const before = await cols();
  await page.keyboard.press("Alt+Shift+ArrowRight");
  await page.waitForTimeout(400); // a size is told once it has come to rest
  await say("clear; stty size");
  await page.waitForFunction((old) => {
    const rows = [...document.querySelectorAll('[data-pane="focused"] .xterm-accessibility-tree > *')];
    return rows.some((r) => Number(/^\d+ (\d+)$/.exec((r.textContent ?? "").trimEnd())?.[1]) > old);
  }, before);
  const line = page.getByRole("separator", { name: "Border between left and right" });
  const box = await line.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + 40);
  await page.mouse.down();
  await page.mouse.move(400, box.y + 60, { steps: 5 });
  await page.mouse.up();
  const [x] = (await places()).map(([left]) => left).filter((left) => left > 0);
  assert.ok(Math.abs(x - 400) < 6, `the border is at ${x}`);
});

it("shows one alone and all again", async () => {
  await page.keyboard.press("Control+Shift+X");
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 1);
  const [[, , width]] = await places();
  assert.ok(width > 1200);
  await page.keyboard.press("Control+Shift+X");
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 4);
});

it("is the same after a reload, with the addressed one in front", async () => {
  await page.reload();
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 4);
  await shows(/^four-4|^\d+ \d+$/);
  const names = await panes().allTextContents();
  for (const text of ["one-1", "two-2", "three-3"]) assert.ok(names.some((n) => n.includes(text)), `${text} is not shown`);
});

it("breaks no rule that axe can check, by day and in the evening", async () => {
  await page.evaluate(`${axe};0`);
  for (const colorScheme of ["light", "dark"]) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.waitForFunction(() => !document.getAnimations().some((a) => a instanceof CSSTransition)); // of the colours
    const broken = await page.evaluate(async () => {
      const { violations } = await window.axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap((v) => v.nodes.map((n) => `${v.id}: ${n.target.join(" ")}`));
    });
    assert.deepEqual(broken, []);
    await page.screenshot({ path: `${shots}splits-${colorScheme}-axe.png` });
  }
  await page.emulateMedia({ colorScheme: "light" });
});

it("closes one, whose neighbour gets its place", async () => {
  await focused().getByRole("button", { name: /^Close the tab/ }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 3);
  await page.waitForFunction(() => document.activeElement?.classList.contains("xterm-helper-textarea"));
});

it("takes a tab out, and puts a dragged one beside another", async () => {
  await page.getByRole("button", { name: "Split", exact: true }).click();
  await page.getByRole("menuitem", { name: "Take out of the split" }).click();
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 1);
  const alone = page.url();
  await page.getByRole("tab").filter({ hasNot: page.getByLabel("in the split") }).first().waitFor();
  const other = page.getByRole("tab", { selected: false }).first();
  const target = await panes().first().boundingBox();
  await other.dragTo(panes().first(), { targetPosition: { x: target.width / 2, y: target.height - 20 } });
  await page.waitForFunction(() => document.querySelectorAll("[data-pane]").length === 2);
  const [above, below] = (await places()).sort((a, b) => a[1] - b[1]);
  assert.ok(below[1] > above[1] + 200);
  assert.notEqual(page.url(), alone);
});

it("reorders tabs by keys and by dragging", async () => {
  const order = () => page.getByRole("tab").evaluateAll((all) => all.map((t) => t.closest('[role="presentation"]').dataset.tab));
  const before = await order();
  await page.keyboard.press("Control+F6");
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tab");
  await page.keyboard.press("Home");
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-selected") === "true");
  await page.keyboard.press("Shift+ArrowRight");
  assert.deepEqual(await order(), [before[1], before[0], ...before.slice(2)]);
  await page.waitForFunction(() => document.activeElement?.getAttribute("role") === "tab");
  await page.getByRole("tab").nth(2).dragTo(page.getByRole("tab").nth(0), { targetPosition: { x: 2, y: 10 } });
  assert.deepEqual(await order(), [before[2], before[1], before[0]]);
  await page.reload();
  await page.getByRole("tab").nth(2).waitFor();
  assert.deepEqual(await order(), [before[2], before[1], before[0]]);
});

it("fills the screen, and asks for all keys there", async () => {
  const item = async (name) => {
    await page.getByRole("button", { name: "More", exact: true }).click();
    await page.getByRole("menuitem", { name }).click();
  };
  await page.evaluate(() => {
    const { keyboard } = navigator;
    const lock = keyboard.lock.bind(keyboard);
    keyboard.lock = (...args) => lock(...args).then(() => (window.locked = args.length === 0));
  });
  await item("Full screen, with all keys");
  await page.getByText(/^All keys go to the terminal/).waitFor();
  assert.deepEqual(await page.evaluate(() => [document.fullscreenElement !== null, window.locked]), [true, true]);
  await item("Leave full screen");
  await page.waitForFunction(() => document.fullscreenElement === null);
});

it("reports no faults", () => assert.deepEqual(faults, []));
