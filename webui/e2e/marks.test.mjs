// What the shell tells of its commands, and what programs ask of the page: to
// copy, to be noticed, to draw, to be followed.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, readable, rows, sees, type } from "./screen.mjs";

const shots = new URL("./shots/", import.meta.url).pathname;
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

async function visit(options = { viewport: { width: 1280, height: 800 }, colorScheme: "light" }) {
  const context = await browser.newContext(options);
  await context.grantPermissions(["notifications", "clipboard-read", "clipboard-write"]);
  await readable(context);
  await context.addInitScript(() => {
    localStorage.setItem("homie.notices", JSON.stringify({ on: true, longMs: 500, muted: [] }));
    window.shown = [];
    window.Notification = class {
      static permission = "granted";
      constructor(title) {
        window.shown.push(title);
      }
      close() {}
    };
  });
  const page = await context.newPage();
  const faults = [];
  page.on("pageerror", (err) => faults.push(err.message));
  page.on("console", (message) => {
    if (message.type() === "error") faults.push(message.text());
  });
  await page.goto(box.door("owner"));
  return {
    page,
    context,
    shot: (name) => page.screenshot({ path: `${shots}${name}.png` }),
    clipboard: () => page.evaluate(() => navigator.clipboard.readText()),
    close: async () => {
      await context.close();
      assert.deepEqual(faults, [], "the page reported faults");
    },
  };
}

const menu = async (page, item) => {
  await page.getByRole("button", { name: "More", exact: true }).click();
  await page.getByRole("menuitem", { name: item }).click();
};

describe("at a desk", () => {
  let home;
  before(async () => {
    home = await visit();
    await openTerminal(home.page, "den");
  });
  after(() => home.close());

  it("marks commands by how they ended, and copies what one printed", async () => {
    const { page, shot, clipboard } = home;
    await type(page, "seq 1 60");
    await type(page, "(echo oh; exit 3)");
    await page.getByRole("button", { name: "(echo oh; exit 3), failed with exit 3" }).waitFor();
    await type(page, "echo marked-$((40+2))");
    const mark = page.getByRole("button", { name: "echo marked-$((40+2)), done" });
    await mark.waitFor();
    await menu(page, "Copy the last command’s output");
    await page.getByText("The output is copied").waitFor();
    assert.equal(await clipboard(), "marked-42\n");
    await shot("marks");
    await mark.click();
    await page.getByRole("menuitem", { name: "Copy the command" }).click();
    await page.getByText("The command is copied").waitFor();
    assert.equal(await clipboard(), "echo marked-$((40+2))");
    await mark.click();
    await page.getByRole("menuitem", { name: "Run it again" }).click();
    await page.waitForFunction(() => document.querySelectorAll('button[aria-label^="echo marked-"]').length === 2);
  });

  it("goes from prompt to prompt", async () => {
    const { page } = home;
    const first = page.getByText(/^Prompt \d+ of \d+: seq 1 60$/);
    for (let i = 0; i < 12 && (await first.count()) === 0; i++) {
      await page.keyboard.press("Alt+Shift+PageUp");
      await page.waitForTimeout(50);
    }
    await first.waitFor({ state: "attached" });
    await sees(page, /seq 1 60$/);
    for (let i = 0; i < 12; i++) await page.keyboard.press("Alt+Shift+PageDown");
    await sees(page, /^marked-42$/);
  });

  it("knows the commands after a reload", async () => {
    const { page, clipboard } = home;
    await page.reload();
    await sees(page, /^marked-42$/);
    await page.getByRole("button", { name: "(echo oh; exit 3), failed with exit 3" }).click();
    await page.getByRole("menuitem", { name: "Copy its output" }).click();
    await page.getByText("The output is copied").waitFor();
    assert.equal(await clipboard(), "oh\n");
  });

  it("has what scrolled away long ago when it is looked for", async () => {
    const { page } = home;
    await type(page, "seq -f 'line-%05g' 1 9000");
    await sees(page, /^line-09000$/);
    await page.reload();
    await sees(page, /^line-09000$/);
    await page.keyboard.press("Control+Shift+F");
    await page.getByRole("textbox", { name: "Search in the terminal" }).fill("line-00001");
    await page.getByText("1 of 1", { exact: true }).waitFor();
    await sees(page, /^line-00001$/);
    await page.keyboard.press("Escape");
    await page.getByRole("search").waitFor({ state: "detached" });
    await type(page, "echo still-$((1+1))");
    await sees(page, /^still-2$/);
  });

  it("asks before a program copies, and tells no program what is on the clipboard", async () => {
    const { page, shot, clipboard } = home;
    await page.evaluate(() => navigator.clipboard.writeText("secret"));
    await type(page, "printf '\\033]52;c;%s\\a' \"$(printf hello | base64)\"");
    const bar = page.getByRole("region", { name: "The program wants to copy" });
    await bar.getByText("The program wants to copy 5 characters to your clipboard.").waitFor();
    assert.equal(await clipboard(), "secret");
    await shot("copy-request");
    await bar.getByRole("button", { name: "Copy", exact: true }).click();
    await bar.waitFor({ state: "detached" });
    assert.equal(await clipboard(), "hello");
    await type(page, "printf '\\033]52;c;?\\a'; read -r -t 1 -n 1 x; echo \"got:<$x>\"");
    await sees(page, /^got:<>$/);
  });

  it("types nothing that a hostile output asks for", async () => {
    const { page } = home;
    const hostile = [
      "\\033]0;title\\a\\033[21t", // report the title
      "\\033P$q\\033\\\\", // settings that there are none of
      "\\005", // answerback
      "\\033]1337;ReportCellSize\\a",
      "\\033]52;c;?\\a",
      "\\033]4;1;?;x\\a",
      "\\033P+q544e\\033\\\\", // termcap
      "\\033[?1000h\\033[?1000l",
    ].join("");
    await type(page, `printf '${hostile}'; sleep 0.3; IFS= read -r -s -t 1 -d '' x; printf '%q\\n' "typed:$x" | tr -dc '[:print:]\\n' | sed 's/^/got-/'`);
    await sees(page, /got-\$?'?typed/);
    const line = (await rows(page)).find((row) => /got-\$?'?typed/.test(row)).replace(/^.*got-/, "");
    // A refusal and a colour; nothing that the program chose.
    assert.match(line, /^\$?'?typed:(\\E(P0\$r|\]4;1;rgb:[0-9a-f/]+)?(\\E\\{1,2})?)*'?$/);
  });

  it("shows where a link leads before it is followed", async () => {
    const { page, context, shot } = home;
    const click = async (text) => {
      await sees(page, new RegExp(`^${text}$`));
      const row = (await rows(page)).lastIndexOf(text);
      const screen = await page.locator(".xterm-screen").boundingBox();
      const height = screen.height / (await rows(page)).length;
      await page.mouse.move(screen.x + 30, screen.y + (row + 0.3) * height);
      await page.mouse.move(screen.x + 32, screen.y + (row + 0.5) * height);
      await page.waitForTimeout(200);
      await page.mouse.click(screen.x + 32, screen.y + (row + 0.5) * height);
    };
    await type(page, "printf '\\033]8;;javascript:alert(1)\\a%s-bad\\033]8;;\\a\\n' never");
    await click("never-bad");
    await type(page, "printf '\\033]8;;http://127.0.0.1:9/real\\a%s.example\\033]8;;\\a\\n' https://bank");
    await click("https://bank.example");
    const question = page.getByRole("dialog", { name: "Open this link?" });
    await question.getByText("http://127.0.0.1:9/real").waitFor();
    await shot("link-question");
    const opened = context.waitForEvent("page");
    await question.getByRole("button", { name: "Open it" }).click();
    const other = await opened;
    assert.equal(await other.evaluate(() => window.opener).catch(() => null), null);
    await other.close();
  });

  it("draws a picture", async () => {
    const { page, shot } = home;
    await type(page, "clear; printf '\\033Pq\"1;1;60;60#0;2;100;0;0'; for i in 1 2 3 4 5 6 7 8 9 10; do printf '#0!60~-'; done; printf '\\033\\\\'; echo; echo drawn-$((1+1))");
    await sees(page, /^drawn-2$/);
    const red = () =>
      [...document.querySelectorAll("canvas.xterm-image-layer, .xterm-image-layer canvas, canvas[class*=image]")].some((canvas) => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let n = 0;
        for (let i = 0; i < data.length; i += 4) if (data[i] > 200 && data[i + 1] < 50 && data[i + 3] > 200) n++;
        return n > 1000;
      });
    await page.waitForFunction(red, null, { timeout: 10_000 });
    await shot("picture");
  });

  it("tells when a command has ended and nobody looks", async () => {
    const { page, shot } = home;
    const hide = (hidden) =>
      page.evaluate((to) => {
        Object.defineProperty(document, "hidden", { configurable: true, get: () => to });
        document.dispatchEvent(new Event("visibilitychange"));
      }, hidden);
    await type(page, "sleep 2; (exit 4)");
    await hide(true);
    await page.waitForFunction(() => window.shown.some((t) => /^den: sleep 2; \(exit 4\) finished after 2 s, exit 4$/.test(t)));
    assert.match(await page.title(), /^● /);
    await hide(false);
    await page.waitForFunction(() => !document.title.startsWith("●"));
    // Elsewhere in Homie it is a message that leads there.
    await type(page, "sleep 2; printf '\\033]9;from a program\\a'; printf '\\a'");
    await page.getByRole("link", { name: "Machines" }).first().click();
    await page.getByText(/^den: /).first().waitFor();
    await shot("finished");
    await page.getByRole("link", { name: "Go there" }).first().click();
    await page.waitForURL(/\/terminal\/den\//);
    await menu(page, "Notifications");
    await page.getByRole("button", { name: "Send me a test" }).click();
    await page.waitForFunction(() => window.shown.some((t) => t.startsWith("Homie: this is how")));
    await shot("notices");
    await page.keyboard.press("Escape");
  });
});

it("has the same on a phone, in the dark", async () => {
  const home = await visit({ ...phone, colorScheme: "dark" });
  const { page, shot } = home;
  await openTerminal(page, "nas");
  await type(page, "(echo oh; exit 3)");
  await page.getByRole("button", { name: "(echo oh; exit 3), failed with exit 3" }).tap();
  await page.getByRole("menuitem", { name: "Copy its output" }).waitFor();
  await shot("marks-phone");
  await page.keyboard.press("Escape");
  await menu(page, "Previous prompt");
  await home.close();
});
