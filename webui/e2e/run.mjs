// Runs the browser's tests against bin/homie-box. Where there is no Chromium it
// says in one line what is left out; in CI that is a failure.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { findChromium } from "./chromium.mjs";

const here = new URL(".", import.meta.url).pathname;
const box = join(here, "../../bin/homie-box");

const chromium = findChromium();
if (!chromium) {
  console.error(
    "left out: the browser's tests, for want of Chromium; install it (apt install chromium, or Google Chrome) or name one in HOMIE_CHROMIUM",
  );
  process.exit(process.env.CI ? 1 : 0);
}
if (!existsSync(box)) {
  console.error("The browser's tests need bin/homie-box. Run make build first.");
  process.exit(1);
}
const wanted = process.argv.slice(2);
const files = readdirSync(here)
  .filter((name) => name.endsWith(".test.mjs"))
  .filter((name) => wanted.length === 0 || wanted.some((w) => name.includes(w)))
  .sort()
  .map((name) => join(here, name));
const { status } = spawnSync(process.execPath, ["--test", "--test-concurrency=1", ...files], {
  stdio: "inherit",
  env: { ...process.env, HOMIE_CHROMIUM: chromium },
});
process.exit(status ?? 1);
