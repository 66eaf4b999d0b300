// What a test sees of a terminal. The reading mode for screen readers puts the
// rows into the page as text, whichever way the terminal draws them.

/** Makes the terminals of a browser context readable. Call before the first page. */
export async function readable(context) {
  await context.addInitScript(() => {
    localStorage.setItem("homie.terminal", JSON.stringify({ screenReader: true, fontSize: 13 }));
  });
}

/** The rows of the terminal that is shown, without the empty end of each. */
export function rows(page) {
  return page.evaluate(() =>
    [...document.querySelectorAll(".xterm-accessibility-tree > *")].map((row) => (row.textContent ?? "").trimEnd()),
  );
}

/** Waits until a row of the terminal matches. */
export async function sees(page, pattern, timeout = 15_000) {
  const regexp = typeof pattern === "string" ? new RegExp(pattern.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")) : pattern;
  try {
    await page.waitForFunction(
      ({ source, flags }) =>
        [...document.querySelectorAll(".xterm-accessibility-tree > *")].some((row) =>
          new RegExp(source, flags).test((row.textContent ?? "").trimEnd()),
        ),
      { source: regexp.source, flags: regexp.flags },
      { timeout },
    );
  } catch (err) {
    const shown = (await rows(page)).filter(Boolean).join("\n");
    throw new Error(`the terminal does not show ${regexp} after ${timeout} ms, but:\n${shown}`, { cause: err });
  }
}

/** How many rows of the terminal match. */
export async function count(page, pattern) {
  return (await rows(page)).filter((row) => pattern.test(row)).length;
}

/** Types a line into the terminal that is shown. */
export async function type(page, line) {
  await page.locator(".xterm-helper-textarea").first().focus();
  await page.keyboard.type(`${line}\n`);
}

let started = 40;

/**
 * Starts a program and waits until it has the terminal. A Ctrl-C that comes
 * while the shell still starts it may reach neither.
 */
export async function run(page, program) {
  started++;
  await type(page, `sh -c 'echo starts-$((${started}+1)); exec ${program}'`);
  await sees(page, new RegExp(`^starts-${started + 1}$`));
}

/**
 * Waits until the shell asks for a command, on a row with nothing else. A
 * program that a Ctrl-C ends may still read what is typed before.
 */
export async function prompted(page) {
  await sees(page, /^\w+:\S*[#$]$/);
}

/** Opens a terminal on a machine from the list of machines. */
export async function openTerminal(page, machine) {
  await page.getByRole("button", { name: `Open terminal on ${machine}`, exact: true }).click();
  await page.waitForURL(new RegExp(`/terminal/${machine}/`));
  await sees(page, /\S/); // a prompt
}
