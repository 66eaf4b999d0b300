// Reads `go test -json` and shows what `go test` would: the output of what
// fails, and a line for each package. Appends those lines and the number of
// tests to the file it is given. Exits like `go test`.
import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";

const count = { pass: 0, fail: 0, skip: 0 };
const output = new Map(); // package, test → its lines so far
const packages = [];
let failed = false;

function see(event) {
  const key = `${event.Package ?? event.ImportPath} ${event.Test ?? ""}`;
  switch (event.Action) {
    case "output":
    case "build-output":
      output.set(key, (output.get(key) ?? "") + event.Output);
      break;
    case "build-fail":
      failed = true;
      process.stdout.write(output.get(key) ?? "");
      break;
    case "pass":
    case "fail":
    case "skip":
      if (event.Test) endTest(event, key);
      else endPackage(event, key);
  }
}

function endTest(event, key) {
  count[event.Action]++;
  if (event.Action === "fail") process.stdout.write(output.get(key) ?? "");
  if (event.Action === "skip") process.stdout.write(output.get(key) ?? "");
  output.delete(key);
}

function endPackage(event, key) {
  const lines = output.get(key) ?? "";
  const summary = lines.split("\n").filter((l) => /^(ok|FAIL|---)\s+\S/.test(l));
  if (event.Action === "fail") {
    failed = true;
    process.stdout.write(lines);
    // A panic or a timeout leaves tests that never ended; theirs is the reason.
    for (const [k, text] of output) {
      if (k.startsWith(`${event.Package} `) && k !== key) process.stdout.write(text);
    }
  } else {
    for (const line of summary) console.log(line);
  }
  packages.push(...summary);
  output.delete(key);
}

for await (const line of createInterface({ input: process.stdin })) {
  try {
    see(JSON.parse(line));
  } catch {
    console.log(line); // what the go command itself has to say
    failed ||= line.startsWith("FAIL");
  }
}
const total = `Go: ${count.pass} tests passed, ${count.fail} failed, ${count.skip} skipped`;
console.log(total);
if (process.argv[2]) appendFileSync(process.argv[2], [...packages, total, ""].join("\n"));
process.exit(failed || count.fail > 0 ? 1 : 0);
