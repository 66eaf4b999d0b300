// The tailnet in a box, as a test uses it: started on free ports, asked where
// its doors are, and ended without leaving anything behind.
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import { basename } from "node:path";

const program = new URL("../../bin/homie-box", import.meta.url).pathname;
const READY_MS = 60_000;
const END_MS = 15_000;

/** Starts a box with a raw door, and what else args say, and waits until everything in it is ready. */
export async function startBox(...args) {
  const port = await freePorts(4);
  const child = spawn(program, ["--json", "--raw-door", "0", "--port", String(port), ...args], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text) => (errors = (errors + text).slice(-4_000)));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const ready = await firstLine(child, ended, () => errors);

  return {
    /** The address of a door: owner, member, visitor or phone. */
    door: (name) => {
      const door = ready.doors.find((d) => d.name === name);
      if (!door) throw new Error(`the box has no door ${name}`);
      return `${door.link ?? door.url}/`;
    },
    /** The gateway's own name, and the port that pipes to it as the member's device. */
    gateway: new URL(ready.gateway).hostname,
    rawPort: Number(ready.rawDoor.split(":").pop()),
    /** The state directory of a process of the household. */
    stateDir: (name) => ready.children.find((c) => basename(c.stateDir) === name).stateDir,
    /** Sends a signal to a process of the household. The box starts it again if it ends. */
    signal: (name, signal) => process.kill(pidOf(ready, name), signal),
    stop: async () => {
      child.kill("SIGINT");
      const timer = setTimeout(() => child.kill("SIGKILL"), END_MS);
      await ended;
      clearTimeout(timer);
    },
  };
}

/** The number under which a process of the household was started: homie, homie-den or homie-nas. */
function pidOf(ready, name) {
  const found = ready.children.find((c) => basename(c.stateDir) === name);
  if (!found) throw new Error(`the box has no process called ${name}`);
  return found.pid;
}

async function firstLine(child, ended, errors) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Error(`homie-box was not ready after ${READY_MS} ms: ${errors()}`));
    }, READY_MS);
  });
  const early = ended.then((code) => {
    throw new Error(`homie-box ended with ${code}: ${errors()}`);
  });
  const line = new Promise((resolve) => {
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => {
      text += chunk;
      if (text.includes("\n")) resolve(JSON.parse(text));
    });
  });
  try {
    return await Promise.race([line, early, late]);
  } finally {
    clearTimeout(timer);
    early.catch(() => {}); // the box ends at the end of the test as well
  }
}

/** The first of n ports in a row that nobody listens on. */
async function freePorts(n) {
  for (let tries = 0; tries < 50; tries++) {
    const first = 20_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all(Array.from({ length: n }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  throw new Error(`no ${n} free ports in a row were found`);
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
