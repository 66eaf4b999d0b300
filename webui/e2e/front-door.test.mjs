// The gateway's own front door, unrewritten: the browser opens the tailnet name
// itself, through a raw pipe over the member's device.
import assert from "node:assert/strict";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, readable, sees, type } from "./screen.mjs";

let box;
let browser;

before(async () => {
  box = await startBox();
  // The name resolves to the pipe, whose certificate is from the box's own
  // authority; everything else about the connection is as on a real tailnet. A
  // page's own ignoreHTTPSErrors does not count for its service worker.
  browser = await launch(`--host-resolver-rules=MAP ${box.gateway}:443 127.0.0.1:${box.rawPort}`, "--ignore-certificate-errors");
});

after(async () => {
  await browser?.close();
  await box?.stop();
});

it("opens under its own name, with a policy that the app keeps", async () => {
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  await readable(context);
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => {
    const fault = message.type() === "error" || /policy/i.test(message.text()); // one that the browser does not know is a warning
    if (fault) faults.push(message.text());
  });
  const response = await page.goto(`https://${box.gateway}/`);
  assert.equal(response.status(), 200);
  const headers = response.headers();
  assert.match(headers["content-security-policy"], /default-src 'none'/);
  assert.equal(headers["cache-control"], "no-cache");
  assert.match(headers["content-encoding"] ?? "", /^(br|gzip)$/);
  await page.getByRole("heading", { level: 1, name: /Max/ }).waitFor();
  await openTerminal(page, "den");
  await type(page, "echo front-door-$((6*7))");
  await sees(page, /^front-door-42$/);
  assert.deepEqual(faults, []);
  await context.close();
});
