import { describe, expect, it } from "vitest";
import { CastError, CastReader, sizeOf, type CastEvent } from "./cast";
import { Pauses, after, clock } from "./clock";
import { Transcript } from "./transcript";
import { endWords, nameOf } from "./words";

const encoder = new TextEncoder();

const v3 =
  '{"version":3,"term":{"cols":100,"rows":30},"timestamp":1504467315,"title":"Demo","command":"bash"}\n' +
  '# homie {"session":"x"}\n[0.5, "o", "é漢😀\\r\\n"]\n[1, "r", "90x20"]\n\n[0.25, "m", "here"]\n[2, "z", "unknown"]\n[0.25, "x", "0"]\n';

function read(text: string, ...cuts: number[]): CastReader {
  const bytes = encoder.encode(text);
  const reader = new CastReader();
  let from = 0;
  for (const cut of [...cuts, bytes.length]) {
    reader.feed(bytes.subarray(from, cut));
    from = cut;
  }
  reader.end();
  return reader;
}

describe("a cast", () => {
  it("is read the same wherever its bytes are cut", () => {
    const whole = read(v3);
    expect(whole.header).toEqual({ version: 3, cols: 100, rows: 30, title: "Demo", command: "bash", timestamp: 1504467315 });
    expect(whole.events.map((e) => [e.at, e.code, e.data])).toEqual([
      [0.5, "o", "é漢😀\r\n"],
      [1.5, "r", "90x20"],
      [1.75, "m", "here"],
      [3.75, "z", "unknown"],
      [4, "x", "0"],
    ]);
    expect(whole.duration).toBe(4);
    for (let cut = 0; cut <= encoder.encode(v3).length; cut++) expect(read(v3, cut).events).toEqual(whole.events);
  });

  it("of version 2 has times from its beginning", () => {
    const { header, events } = read('{"version":2,"width":80,"height":24}\n[1.5, "o", "a"]\n[4, "o", "b"]');
    expect(header?.cols).toBe(80);
    expect(events.map((e) => e.at)).toEqual([1.5, 4]);
  });

  it("that was cut off plays to its last whole line", () => {
    expect(read(v3.slice(0, -6)).events).toHaveLength(4);
  });

  it.each(["", "hello", '{"version":1,"width":80,"height":24}', "null", '{"version":3,"term":{"cols":80,"rows":24}}\n{}\n', '{"version":3}\n["1","o","x"]\n'])(
    "that is none is refused: %s",
    (text) => expect(() => read(text)).toThrow(CastError),
  );

  it("has a size that an emulator can have", () => {
    expect(read('{"version":3,"term":{"cols":1e9,"rows":-1}}\n').header).toMatchObject({ cols: 1000, rows: 24 });
    expect(sizeOf("80x24")).toEqual({ cols: 80, rows: 24 });
    expect(sizeOf("99999x24")).toEqual({ cols: 1000, rows: 24 });
    expect(sizeOf("0x24")).toEqual({ cols: 80, rows: 24 });
    expect(sizeOf("80x24; rm")).toBeNull();
  });
});

const at = (...times: number[]): CastEvent[] => times.map((t) => ({ at: t, code: "o", data: "x" }));

describe("pauses", () => {
  it("last a second at most, both ways", () => {
    const pauses = new Pauses(at(0.5, 10, 10.5, 100));
    for (const [time, watched] of [
      [0, 0],
      [0.5, 0.5],
      [1, 1],
      [10, 1.5],
      [10.5, 2],
      [100, 3],
    ] as const) {
      expect(pauses.watchedAt(time)).toBeCloseTo(watched);
      if (time !== 1) expect(pauses.atWatched(watched)).toBeCloseTo(time);
    }
    expect(pauses.watchedAt(9)).toBeCloseTo(1.5);
    expect(pauses.atWatched(2.9999)).toBeLessThan(100);
  });

  it("grow with the recording", () => {
    const events = at(5);
    const pauses = new Pauses(events);
    expect(pauses.watchedAt(5)).toBe(1);
    events.push(...at(50));
    expect(pauses.watchedAt(50)).toBe(2);
  });

  it("without any, time is time", () => {
    const pauses = new Pauses([]);
    expect(pauses.watchedAt(0.5)).toBe(0.5);
    expect(pauses.atWatched(0.5)).toBe(0.5);
  });
});

it("finds the event after a time", () => {
  expect([0, 1, 1.5, 3].map((t) => after(at(1, 1, 2), t))).toEqual([0, 2, 2, 3]);
});

it("tells the time", () => {
  expect([0, 59.9, 61, 3723].map(clock)).toEqual(["0:00", "0:59", "1:01", "1:02:03"]);
});

describe("a search", () => {
  const events: CastEvent[] = [
    { at: 1, code: "o", data: "\x1b[31mHel" },
    { at: 2, code: "o", data: "lo\x1b[0m \x1b]0;title\x07World\r\n" },
    { at: 3, code: "r", data: "hello" },
    { at: 4, code: "o", data: "and hello again\r\n" },
  ];

  it("finds text over events and colours, whatever its case, with its line", () => {
    const found = new Transcript().find(events, "HELLO");
    expect(found).toEqual([
      { at: 2, line: "Hello World" },
      { at: 4, line: "and hello again" },
    ]);
  });

  it("finds what came since", () => {
    const transcript = new Transcript();
    expect(transcript.find(events.slice(0, 2), "again")).toEqual([]);
    expect(transcript.find(events, "again")).toHaveLength(1);
    expect(transcript.find(events, "title")).toEqual([]);
    expect(transcript.find(events, "")).toEqual([]);
  });
});

it("says who and why", () => {
  const r = { id: "x", since: "", by: "Olivia on laptop", bytes: 0, endedAt: "now" };
  expect(nameOf(r.by)).toBe("Olivia");
  expect(endWords({ ...r, why: "stopped", endedBy: "Max on phone" })).toBe("Max stopped the recording");
  expect(endWords({ ...r, why: "full" })).toContain("disk is full");
});
