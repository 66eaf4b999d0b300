// What a terminal shows is the same picture before and after it is attached to
// anew: by a reload, and on another device of the same person.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { startBox } from "./box.mjs";
import { launch } from "./chromium.mjs";
import { openTerminal, prompted, readable, sees, type } from "./screen.mjs";

// A cursor that blinks is another picture each time.
const desk = { viewport: { width: 1100, height: 700 }, reducedMotion: "reduce" };

let box;
let browser;
let dir;

before(async () => {
  dir = await mkdtemp(join(tmpdir(), "homie-reattach-"));
  box = await startBox();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await box?.stop();
  await rm(dir, { recursive: true, force: true });
});

/** What vim is to show: colours, tabs, long lines. */
const source = `package main

import "fmt"

// Grüße aus dem Keller: 日本語, e\u0301, 👍.
func main() {
\tfor i := range 3 {
\t\tfmt.Println("line", i, "${"x".repeat(200)}")
\t}
}
`;

/** Everything that has a width or a look of its own. */
const wide = [
  "\x1b[1mbold\x1b[0m \x1b[3mitalic\x1b[0m \x1b[4:3mcurly\x1b[0m \x1b[7minverse\x1b[0m \x1b[9mstruck\x1b[0m",
  "日本語 한국어 中文 ｆｕｌｌ|",
  "e\u0301 a\u030a o\u0308 n\u0303 combining|",
  "👍 🎉 🚀 ❤️ 👩‍👩‍👧 emoji|",
  Array.from({ length: 72 }, (_, i) => `\x1b[48;5;${i + 16}m  `).join("") + "\x1b[0m",
  Array.from({ length: 61 }, (_, i) => `\x1b[38;2;${i * 4};120;${255 - i * 4}m#`).join("") + "\x1b[0m",
  "\x1b(0lqqqk\x1b(B",
  "\x1b(0mqqqj\x1b(B",
  "\x1b]8;;https://example.com/\x1b\\a link\x1b]8;;\x1b\\",
  "wide-42",
].join("\n");

const programs = {
  vim: {
    needs: "vim",
    start: () => type1(`vim -u NONE -c 'syntax on | set number background=dark' ${join(dir, "main.go")}`),
    shows: /fmt\.Println/,
    end: ":q!\n",
  },
  less: {
    needs: "less",
    start: () => type1(`less ${join(dir, "long.txt")}`),
    shows: /^line 20 /,
    keys: " ",
    then: /^line 40 /,
    end: "q",
  },
  "a page of wide characters": {
    start: () => type1(`clear; cat ${join(dir, "wide.txt")}; echo`),
    shows: /^wide-42$/,
    end: "",
  },
  htop: {
    needs: "htop",
    // It stands still, so that there is one picture of it, in the place of the
    // shell, which would take the terminal back.
    start: () => type1(`echo $$ >${join(dir, "pid")}; exec htop -d 100`),
    shows: /Load average/,
    halts: true,
    end: "q",
  },
};

let home;
const type1 = (line) => type(home, line);

/** Why a program's picture is left out; in CI, where nobody reads that, it never is. */
function leftOut(program) {
  if (process.env.CI || !program || spawnSync(program, ["--version"]).error === undefined) return false;
  return `${program} is not installed`;
}

/** The picture of the terminal, once it is drawn and stays as it is. */
async function picture(of) {
  const place = of.getByRole("region", { name: /^Terminal on/ });
  let last = await place.screenshot();
  for (let tries = 0; tries < 40; tries++) {
    await of.waitForTimeout(100);
    const next = await place.screenshot();
    if (next.equals(last)) return next;
    last = next;
  }
  throw new Error("the terminal does not stand still");
}

describe("the picture of a program is the same after a reload", () => {
  before(async () => {
    await writeFile(join(dir, "main.go"), source);
    await writeFile(join(dir, "wide.txt"), wide);
    await writeFile(join(dir, "long.txt"), Array.from({ length: 500 }, (_, i) => `line ${i} ${"=".repeat(i % 60)}`).join("\n"));
    const context = await browser.newContext(desk);
    await readable(context);
    home = await context.newPage();
    await home.goto(box.door("owner"));
    await openTerminal(home, "den");
  });
  after(() => home.context().close());

  for (const [name, program] of Object.entries(programs)) {
    it(name, { skip: leftOut(program.needs) }, async () => {
      await prompted(home);
      await program.start();
      await sees(home, program.shows);
      if (program.keys) {
        await home.keyboard.type(program.keys);
        await sees(home, program.then);
      }
      const pid = program.halts ? Number(await readFile(join(dir, "pid"), "utf8")) : 0;
      if (pid) process.kill(pid, "SIGSTOP");
      try {
        const seen = await picture(home);
        await home.reload();
        await sees(home, program.then ?? program.shows);
        await home.locator(".xterm-helper-textarea").first().focus();
        const again = await picture(home);
        if (!again.equals(seen)) await keep({ [`${name}-before`]: seen, [`${name}-after`]: again });
        assert.ok(again.equals(seen), `${name} is another picture after the reload`);
      } finally {
        if (pid) process.kill(pid, "SIGCONT");
      }
      await home.keyboard.type(program.end);
    });
  }
});

/** Keeps pictures that are not as they should be, for whoever looks into it. */
async function keep(pictures) {
  for (const [name, png] of Object.entries(pictures)) {
    const path = join(tmpdir(), `homie-${name}.png`);
    await writeFile(path, png);
    console.error(`see ${path}`);
  }
}

it("goes on exactly on another device", async () => {
  const context = await browser.newContext(desk);
  await readable(context);
  const laptop = await context.newPage();
  await laptop.goto(box.door("owner"));
  await openTerminal(laptop, "nas");
  await type(laptop, "n=0; while [ $n -lt 60 ]; do n=$((n+1)); echo count-$n-; sleep 0.05; done; echo over-$((40+2))");
  await sees(laptop, /^count-9-$/);
  const at = new URL(laptop.url()).pathname.slice(1);
  await context.setOffline(true); // the lid is closed

  const other = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  await readable(other);
  const phone = await other.newPage();
  await phone.goto(box.door("phone") + at);
  await sees(phone, /^over-42$/);
  for (let n = 45; n <= 60; n++) await sees(phone, new RegExp(`^count-${n}-$`), 1_000);
  await context.close();
  await other.close();
});
