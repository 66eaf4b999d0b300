// Drives xterm.js without a screen for the tests of this package, which start
// it and speak with it over its standard input and output.
//
// A request is a byte that says what, the number of a terminal and the length
// of what follows, both 32 bits, low byte first. An answer is its length and
// text. Only the requests in capital letters have one.
//
//   n  new terminal: JSON {cols, rows, scrollback}
//   w  write bytes
//   r  resize: JSON {cols, rows}
//   f  forget the terminal
//   D  dump of its state, see dump; the text of the request is how many lines
//      of history to show
//   C  compare with the terminal whose number is the text of the request
//   A  what the terminal wants to send to the program
//   U  widths of all code points, a digit each

import { createRequire } from "node:module";

const require = createRequire(new URL("../../../webui/package.json", import.meta.url));
const { Terminal } = require("@xterm/headless");
const { Unicode11Addon } = require("@xterm/addon-unicode11");

const terms = new Map();

function create({ cols, rows, scrollback }) {
  const term = new Terminal({ cols, rows, scrollback, allowProposedApi: true, logLevel: "off" });
  term.loadAddon(new Unicode11Addon());
  term.unicode.activeVersion = "11";
  const t = { term, core: term._core, palette: new Map(), sent: "", held: Buffer.alloc(0) };
  t.core._inputHandler.onColor((events) => {
    for (const e of events) {
      if (e.type === 1) t.palette.set(e.index, e.color.join(","));
      else if (e.type === 2 && e.index === undefined) for (const i of [...t.palette.keys()]) i < 256 && t.palette.delete(i);
      else if (e.type === 2) t.palette.delete(e.index);
    }
  });
  term.onData((data) => (t.sent += data));
  return t;
}

// xterm.js loses characters whose bytes come in two writes, so that whoever
// writes must hold back the bytes of one that is not complete.
function write(t, bytes) {
  bytes = t.held.length ? Buffer.concat([t.held, bytes]) : bytes;
  const end = complete(bytes);
  t.held = bytes.subarray(end);
  for (let i = 0; i < end; ) {
    let j = Math.min(end, i + 100_000); // it cuts at 131,072 by itself
    if (j < end) j = i + complete(bytes.subarray(i, j));
    t.core.writeSync(bytes.subarray(i, j));
    i = j;
  }
}

// The length of b without a character that is cut off at its end.
function complete(b) {
  for (let back = 1; back <= Math.min(3, b.length); back++) {
    const c = b[b.length - back];
    if (c < 0x80) return b.length;
    if (c >= 0xf5) return b.length;
    if (c >= 0xc0) {
      const need = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
      return need > back ? b.length - back : b.length;
    }
  }
  return b.length;
}

const COLOR = 0x3ffffff;
function word(v) {
  v >>>= 0;
  const mode = v & 0x3000000;
  const flags = (v & ~COLOR) >>> 0;
  const value = mode === 0 ? 0 : mode === 0x3000000 ? v & 0xffffff : v & 0xff;
  return (flags + mode + value).toString(16);
}

function link(t, id) {
  if (!id) return "";
  const data = t.core._oscLinkService.getLinkData(id);
  return data ? `${data.id ?? ""};${data.uri}` : "?";
}

const EXTENDED = 1 << 28;
function look(t, fg, bg, ext) {
  if (!(bg & EXTENDED) || !ext) return `${word(fg)},${word(bg)}`;
  return `${word(fg)},${word(bg)},${word(ext._ext)},${link(t, ext._urlId)}`;
}

function lineText(t, line) {
  if (!line) return "missing";
  const cells = [];
  const data = line._data;
  let last = "0,0";
  let used = 0;
  for (let x = 0; x < Math.min(line.length, t.core.cols); x++) {
    const content = data[x * 3];
    const style = look(t, data[x * 3 + 1], data[x * 3 + 2], line._extendedAttrs[x]);
    let text = style === last ? "" : `[${style}]`;
    last = style;
    const width = content >>> 22;
    const chars = content & 0x200000 ? line._combined[x] : content & 0x1fffff ? String.fromCodePoint(content & 0x1fffff) : "";
    if (chars === "") text += width === 1 ? "\u2400" : width === 0 ? "\u2401" : "\u2404";
    else text += (width === 2 ? "\u2402" : width === 0 ? "\u2403" : "") + chars;
    cells.push(text);
    if (chars !== "" || width !== 1 || style !== "0,0") used = x + 1;
  }
  return (line.isWrapped ? "+" : "-") + cells.slice(0, used).join("");
}

const SET = "#@[\\]^_`{|}~q";
function charset(c) {
  return [...SET].map((ch) => (c && c[ch] ? String.fromCharCode(c[ch].charCodeAt(0)) : ch)).join("");
}

const clamp = (v, max) => Math.min(Math.max(v, 0), max);

function screen(t, name, b, history) {
  const core = t.core;
  const tabs = Object.keys(b.tabs).filter((x) => b.tabs[x] && +x < core.cols).map(Number).sort((x, y) => x - y).join(" ");
  const saved = `${clamp(b.savedX, core.cols - 1)} ${clamp(b.savedY - b.ybase, core.rows - 1)} ${word(b.savedCurAttrData.fg)} ${word(b.savedCurAttrData.bg)} ${charset(b.savedCharset)}`;
  const out = [`${name} region ${b.scrollTop} ${b.scrollBottom}`, `${name} saved ${saved}`, `${name} tabs ${tabs}`];
  for (let i = Math.max(0, b.ybase - history); i < b.lines.length; i++) {
    out.push(`${name} ${i - b.ybase} ${lineText(t, b.lines.get(i))}`);
  }
  return out;
}

function dump(t, history) {
  const core = t.core;
  const h = core._inputHandler;
  const a = h._curAttrData;
  const modes = core.coreService.decPrivateModes;
  const buffers = core.buffers;
  const active = buffers.active;
  const cs = core._charsetService;
  const alt = active === buffers.alt;
  return [
    `size ${core.cols} ${core.rows}`,
    `cursor ${active.x} ${active.y} ${alt ? "alt" : "main"}`,
    `attr ${word(a.fg)},${word(a.bg)},${word(a.extended._ext)},${link(t, a.extended._urlId)}`,
    `charset ${cs.glevel} ${charset(cs.charset)} ${[0, 1, 2, 3].map((g) => charset(cs._charsets[g])).join(" ")}`,
    `modes ${[
      core.coreService.modes.insertMode, core.options.convertEol, modes.applicationCursorKeys, modes.applicationKeypad,
      modes.origin, modes.wraparound, modes.reverseWraparound, core.coreService.isCursorHidden, modes.sendFocus,
      modes.bracketedPasteMode, modes.synchronizedOutput,
    ].map(Number).join("")} ${core.coreMouseService.activeProtocol} ${core.coreMouseService.activeEncoding} ${modes.cursorStyle} ${modes.cursorBlink} ${core.options.cursorBlink}`,
    `parser ${h._parser.currentState} ${(h._parser.precedingJoinState >> 1) & 3}`,
    `title ${JSON.stringify(h._windowTitle)} ${JSON.stringify(h._iconName)}`,
    `palette ${[...t.palette.keys()].sort((x, y) => x - y).map((i) => `${i}=${t.palette.get(i)}`).join(" ")}`,
    ...screen(t, "main", buffers.normal, history),
    ...screen(t, "alt", buffers.alt, history),
  ];
}

// Where two states differ, in a few lines; empty if they do not. A hyperlink
// that either has forgotten is equal to any.
function compare(a, b) {
  const history = Math.min(a.core.buffers.normal.ybase, b.core.buffers.normal.ybase);
  const [da, db] = [dump(a, history), dump(b, history)];
  const out = [];
  for (let i = 0; i < Math.max(da.length, db.length) && out.length < 12; i++) {
    if (da[i] === db[i]) continue;
    if (da[i] && db[i] && /,\?/.test(da[i] + db[i])) {
      if (withoutLinks(da[i]) === withoutLinks(db[i])) continue;
    }
    out.push(`want ${da[i]}`, `got  ${db[i]}`);
  }
  return out.join("\n");
}

function withoutLinks(line) {
  if (line.startsWith("attr ")) return line.split(",", 3).join(",");
  let last = "";
  return line.replace(/\[([0-9a-f]+,[0-9a-f]+(?:,[0-9a-f]+)?)(?:,[^\]]*)?\]/g, (_, style) => {
    if (style === last) return "";
    last = style;
    return `[${style}]`;
  });
}

function widths() {
  const service = terms.values().next().value.core.unicodeService;
  let out = "";
  for (let c = 0xa0; c <= 0x10ffff; c++) out += service.wcwidth(c);
  return out;
}

const requests = {
  n: (id, body) => void terms.set(id, create(JSON.parse(body.toString()))),
  w: (id, body) => write(terms.get(id), body),
  r: (id, body) => {
    const { cols, rows } = JSON.parse(body.toString());
    terms.get(id).term.resize(cols, rows);
  },
  f: (id) => {
    terms.get(id).term.dispose();
    terms.delete(id);
  },
  D: (id, body) => dump(terms.get(id), Number(body.toString())).join("\n"),
  C: (id, body) => compare(terms.get(id), terms.get(Number(body.toString()))),
  A: (id) => {
    const { sent } = terms.get(id);
    terms.get(id).sent = "";
    return sent;
  },
  U: widths,
};

function answer(text) {
  const body = Buffer.from(text);
  const head = Buffer.alloc(4);
  head.writeUInt32LE(body.length);
  process.stdout.write(Buffer.concat([head, body]));
}

let parts = [];
let length = 0;
process.stdin.on("data", (chunk) => {
  parts.push(chunk);
  length += chunk.length;
  let all = null;
  let at = 0;
  while (length - at >= 9) {
    if (!all && parts[0].length < Math.min(length, 9)) all = parts = [Buffer.concat(parts)];
    const size = parts[0].readUInt32LE(at + 5);
    if (length - at < 9 + size) break;
    if (parts.length > 1) parts = [Buffer.concat(parts)];
    const what = String.fromCharCode(parts[0][at]);
    const id = parts[0].readUInt32LE(at + 1);
    let out;
    try {
      out = requests[what](id, parts[0].subarray(at + 9, at + 9 + size));
    } catch (err) {
      process.stderr.write(`${err.stack.slice(-2000)}\n`);
      process.exit(1);
    }
    if (what < "a") answer(out);
    at += 9 + size;
  }
  if (at > 0) {
    parts = [Buffer.concat(parts).subarray(at)];
    length -= at;
  }
});
