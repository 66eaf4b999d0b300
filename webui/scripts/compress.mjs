// Puts a .br and a .gz beside each compressible file of dist, so that the
// gateway compresses nothing while it serves. Files that would not get smaller
// by a twentieth stay alone.
import { readFileSync, readdirSync, writeFileSync } from "node:fs";
import { extname, join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const compressible = new Set([".html", ".js", ".css", ".svg", ".json", ".webmanifest", ".txt", ".wasm"]);

let raw = 0;
let small = 0;
for (const entry of readdirSync(dist, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !compressible.has(extname(entry.name))) continue;
  const path = join(entry.parentPath ?? entry.path, entry.name);
  const body = readFileSync(path);
  const br = brotliCompressSync(body, {
    params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: body.length },
  });
  const gz = gzipSync(body, { level: 9 });
  raw += body.length;
  small += Math.min(br.length, body.length);
  if (br.length < body.length * 0.95) writeFileSync(`${path}.br`, br);
  if (gz.length < body.length * 0.95) writeFileSync(`${path}.gz`, gz);
}
console.log(`webui: ${Math.round(raw / 1024)} kB of assets, ${Math.round(small / 1024)} kB compressed`);
