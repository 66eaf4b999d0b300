// Notifications: the inbox on several devices, pushes to a push service on
// loopback, what the service worker shows, and the page of those who are away.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { after, before, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const shots = new URL("./shots/", import.meta.url).pathname;
const desk = { viewport: { width: 1280, height: 860 } };
const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };

const faults = [];
let box;
let browser;
let service;
let pushed = [];
let answer = 201;
let laptop;
let mobile;

before(async () => {
  mkdirSync(shots, { recursive: true });
  service = createServer((request, response) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => {
      pushed.push({ url: request.url, headers: request.headers, size: Buffer.concat(parts).length });
      response.writeHead(answer).end();
    });
  });
  await new Promise((resolve) => service.listen(0, "127.0.0.1", resolve));
  box = await startBox("--notify-hosts", `127.0.0.1:${service.address().port}`);
  browser = await launch();
  laptop = await visit("owner", desk);
  mobile = await visit("phone", phone);
});

after(async () => {
  await browser?.close();
  await box?.stop();
  service?.close();
});

/** A page of a person's device, whose browser subscribes at the push service of this test. */
async function visit(door, options) {
  const context = await browser.newContext({ colorScheme: "light", permissions: ["notifications"], ...options });
  await context.addInitScript((endpoint) => {
    let has = null;
    PushManager.prototype.getSubscription = async () => has;
    PushManager.prototype.subscribe = async ({ applicationServerKey }) => {
      const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
      const text = (bytes) => btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
      const keys = {
        p256dh: text(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey))),
        auth: text(crypto.getRandomValues(new Uint8Array(16))),
      };
      has = {
        options: { applicationServerKey: applicationServerKey.buffer },
        toJSON: () => ({ endpoint, keys }),
        unsubscribe: async () => {
          has = null;
          return true;
        },
      };
      return has;
    };
  }, `http://127.0.0.1:${service.address().port}/${door}`);
  const page = await context.newPage();
  page.on("pageerror", (err) => faults.push(String(err)));
  page.on("console", (m) => m.type() === "error" && !/ERR_INTERNET_DISCONNECTED|ERR_CONNECTION|WebSocket/.test(m.text()) && faults.push(m.text()));
  page.on("dialog", (d) => faults.push(`a dialog: ${d.message()}`));
  await page.goto(box.door(door));
  await page.getByRole("link", { name: /^Notifications/ }).waitFor();
  return page;
}

/** Makes a call as the page's person. */
async function call(page, method, params) {
  const answered = await page.evaluate(
    async (body) => (await fetch("/rpc", { method: "POST", headers: { "Content-Type": "application/json" }, body })).json(),
    JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  );
  assert.equal(answered.error, undefined, `${method}: ${answered.error?.message}`);
  return answered.result;
}

async function go(page) {
  await page.getByRole("link", { name: /^Notifications/ }).click();
  await page.getByRole("heading", { name: "Notifications", level: 1 }).waitFor();
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
    await page.screenshot({ path: `${shots}notifications-${name}-${colorScheme}.png`, fullPage: true });
  }
}

it("says what an empty inbox is for", async () => {
  await go(mobile);
  await mobile.getByRole("heading", { name: "Nothing new" }).waitFor();
  await check(mobile, "empty");
});

it("tells this device on request, and sends a test", async () => {
  await mobile.getByRole("button", { name: "Tell this device" }).click();
  await mobile.getByText("This device is told, even while Homie is closed.").waitFor();
  await mobile.getByRole("button", { name: "Send me a test" }).click();
  await mobile.getByText("It was sent everywhere.").waitFor();
  assert.equal(pushed.length, 1);
  assert.equal(pushed[0].url, "/phone");
  assert.equal(pushed[0].headers["content-encoding"], "aes128gcm");
  await mobile.getByText("This is a test").waitFor();
  await mobile.getByText("1 new").waitFor();
});

it("shows what comes in on every device, and that it was read", async () => {
  await laptop.getByRole("link", { name: "Notifications, 1 new" }).waitFor();
  const nasty = "<img src=x onerror=alert(1)>\n<script>alert(2)</script>";
  await call(mobile, "notifications.send", { title: "The backup is done", body: nasty, path: "/machines/den" });
  const note = laptop.getByRole("region", { name: "Messages" }).getByText("The backup is done");
  await note.waitFor();
  await laptop.getByRole("link", { name: "Notifications, 2 new" }).waitFor();
  await go(laptop);
  await laptop.getByText("<script>alert(2)</script>").waitFor();
  await check(laptop, "inbox");
  await laptop.getByRole("listitem").filter({ hasText: "The backup is done" }).getByRole("link", { name: "Go there" }).click();
  await laptop.getByRole("heading", { name: "den", level: 1 }).waitFor();
  await mobile.getByText("1 new").waitFor();
  await mobile.getByRole("button", { name: "Mark all as read" }).click();
  await mobile.getByText("All read").waitFor();
  await laptop.getByRole("link", { name: "Notifications", exact: true }).waitFor();
});

it("keeps what somebody chose", async () => {
  await mobile.getByLabel("Machines", { exact: true }).selectOption("Not at all");
  await mobile.getByLabel("Quiet hours").check();
  await mobile.getByLabel("From").fill("21:30");
  await mobile.getByText(/^In the time of /).waitFor();
  await check(mobile, "choices");
  await mobile.reload();
  await mobile.getByLabel("Quiet hours").waitFor();
  assert.equal(await mobile.getByLabel("From").inputValue(), "21:30");
  assert.equal(await mobile.getByLabel("Machines", { exact: true }).inputValue(), "off");
  await mobile.getByLabel("Quiet hours").uncheck();
  await mobile.getByLabel("From").waitFor({ state: "detached" });
});

it("refuses an address inside of the home, in words", async () => {
  await mobile.getByRole("button", { name: "Somewhere else" }).click();
  const dialog = mobile.getByRole("dialog", { name: "Somewhere else" });
  await dialog.getByLabel("Address").fill("https://192.168.1.1/topic");
  await dialog.getByRole("button", { name: "Add" }).click();
  await dialog.getByText(/an address inside of this home/).waitFor();
  await check(mobile, "refused");
  await dialog.getByRole("button", { name: "Cancel" }).click();
});

it("forgets a device that is gone", async () => {
  answer = 410;
  await mobile.getByRole("button", { name: "Send me a test" }).click();
  await mobile.getByText("It could not be sent anywhere.").waitFor();
  answer = 201;
});

it("shows what is pushed while the app is closed, and opens what it is about", async () => {
  const client = await laptop.context().newCDPSession(laptop);
  const registered = new Promise((resolve) =>
    client.on("ServiceWorker.workerRegistrationUpdated", ({ registrations }) => registrations[0] && resolve(registrations[0].registrationId)),
  );
  await client.send("ServiceWorker.enable");
  const registrationId = await registered;
  await laptop.evaluate(() => navigator.serviceWorker.ready);
  const data = JSON.stringify({
    web_push: 8030,
    app_badge: 1,
    notification: { title: "Photos are safe", body: "12 new ones", tag: "backup", navigate: new URL("/machines/nas", laptop.url()).href },
  });
  await client.send("ServiceWorker.deliverPushMessage", { origin: new URL(laptop.url()).origin, registrationId, data });
  let n;
  for (let tries = 0; !n && tries < 100; tries++) {
    n = await laptop.evaluate(async () => {
      const [shown] = await (await navigator.serviceWorker.getRegistration("/")).getNotifications();
      return shown && { title: shown.title, body: shown.body, tag: shown.tag, to: shown.data.navigate };
    });
    if (!n) await laptop.waitForTimeout(100);
  }
  assert.ok(n, "nothing was shown within ten seconds");
  assert.deepEqual([n.title, n.body, n.tag, new URL(n.to).pathname], ["Photos are safe", "12 new ones", "backup", "/machines/nas"]);
});

it("says what to do when the home is out of reach", async () => {
  await mobile.evaluate(() => navigator.serviceWorker.ready);
  await mobile.context().setOffline(true);
  await mobile.goto(new URL("/terminal", mobile.url()).href);
  await mobile.getByRole("heading", { name: "Homie is out of reach" }).waitFor();
  await mobile.getByText("Open the Tailscale app on this device and turn it on.").waitFor();
  await check(mobile, "away");
  await mobile.context().setOffline(false);
  await mobile.getByRole("link", { name: "Try again" }).click();
  await mobile.getByRole("heading", { name: "Terminals", level: 1 }).waitFor();
});

it("left no fault behind", () => assert.deepEqual(faults, []));
