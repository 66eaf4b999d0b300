import { describe, expect, it } from "vitest";
import type { RpcError } from "./errors";
import { Kind, decodeFrame, encodeFrame, type Frame } from "./frame";
import { INITIAL_LIMITS } from "./socket";
import { MAX_QUEUED, Stream } from "./stream";

const limits = { ...INITIAL_LIMITS, frameBytes: 4, windowBytes: 10 };

function frame(kind: Kind, offset: number, text = ""): Frame {
  return decodeFrame(encodeFrame(kind, 5, offset, new TextEncoder().encode(text)).buffer)!;
}

function open(log: string[] = [], sent: Frame[] = []) {
  const text = new TextDecoder();
  const stream = new Stream<string>(
    5,
    limits,
    {
      onOpen: (result) => log.push(`open ${result}`),
      onData: (bytes, offset) => log.push(`${offset}:${text.decode(bytes)}`),
      onState: (bytes, offset, last) => log.push(`state ${offset}${last ? " last" : ""}:${text.decode(bytes)}`),
      onNote: (note, offset) => log.push(`note ${offset}:${JSON.stringify(note)}`),
      onEnd: (error: RpcError | null) => log.push(`end ${error?.message ?? "well"}`),
      onLost: () => log.push("lost"),
    },
    (bytes) => sent.push(decodeFrame(bytes.buffer)!),
  );
  return { stream, log, sent };
}

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (frames: Frame[]) => frames.map((f) => `${f.offset}:${new TextDecoder().decode(f.payload)}`);

describe("receiving", () => {
  it("keeps frames that come before the answer until it comes", () => {
    const { stream, log } = open();
    stream.receive(frame(Kind.Data, 0, "ab"));
    expect(log).toEqual([]);
    stream.open("ok");
    expect(log).toEqual(["open ok", "0:ab"]);
  });

  it("grants credit for what was consumed, not for what arrived", () => {
    const { stream, sent } = open();
    stream.open("ok");
    stream.receive(frame(Kind.Data, 0, "0123456789"));
    expect(sent).toEqual([]);
    stream.consumed(2);
    expect(sent).toEqual([]); // most of the window is still open
    stream.consumed(4);
    expect(sent).toMatchObject([{ kind: Kind.Credit, offset: 16 }]);
    stream.receive(frame(Kind.Data, 10, "abcdef"));
    stream.consumed(10);
    expect(sent.at(-1)).toMatchObject({ kind: Kind.Credit, offset: 26 });
  });

  it("hands over bytes, states and notes in order, and counts all of them", () => {
    const { stream, log, sent } = open();
    stream.open("ok");
    stream.receive(frame(Kind.State, 40, "abc"));
    stream.receive(frame(Kind.Note, 40, "{}"));
    stream.receive(frame(Kind.Note, 40, "{")); // nonsense is not told
    stream.receive(frame(Kind.Data, 40, "d"));
    expect(log).toEqual(["open ok", "state 40:abc", "note 40:{}", "40:d"]);
    stream.consumed(4);
    expect(sent.at(-1)).toMatchObject({ kind: Kind.Credit, offset: 17 }); // notes are consumed on arrival
  });

  it("ends with an error when more comes than was granted", () => {
    const { stream, log } = open();
    stream.open("ok");
    expect(stream.receive(frame(Kind.Data, 0, "0123456789A"))).toBe(true);
    expect(log.at(-1)).toMatch(/^end Homie sent more/);
  });

  it("answers an orderly end with its own", () => {
    const { stream, log, sent } = open();
    stream.open("ok");
    expect(stream.receive(frame(Kind.End, 0))).toBe(true);
    expect(log.at(-1)).toBe("end well");
    expect(sent).toMatchObject([{ kind: Kind.End }]);
    expect(stream.write(bytes("x"))).toBe(false);
  });

  it("passes on why it was ended", () => {
    const { stream, log } = open();
    stream.open("ok");
    const why = JSON.stringify({ code: -32002, message: "no longer yours", data: { reason: "forbidden", retryable: false } });
    stream.receive(frame(Kind.End, 0, why));
    expect(log.at(-1)).toBe("end no longer yours");
  });

  it("is lost once, and silent afterwards", () => {
    const { stream, log, sent } = open();
    stream.open("ok");
    stream.lose();
    stream.lose();
    stream.receive(frame(Kind.Data, 0, "late"));
    stream.consumed(10);
    expect(log).toEqual(["open ok", "lost"]);
    expect(sent).toEqual([]);
  });
});

describe("sending", () => {
  it("takes nothing before the answer", () => {
    const { stream, sent } = open();
    expect(stream.write(bytes("early"))).toBe(false);
    expect(sent).toEqual([]);
  });

  it("splits into frames with running offsets and waits for credit", () => {
    const { stream, sent } = open();
    stream.open("ok");
    expect(stream.write(bytes("0123456"))).toBe(true);
    expect(stream.write(bytes("789abc"))).toBe(true);
    expect(text(sent)).toEqual(["0:0123", "4:456", "7:789"]);
    stream.receive(frame(Kind.Credit, 11));
    expect(text(sent).slice(3)).toEqual(["10:a"]);
    stream.receive(frame(Kind.Credit, 9)); // a late one changes nothing
    stream.receive(frame(Kind.Credit, 40));
    expect(text(sent).slice(4)).toEqual(["11:bc"]);
  });

  it("refuses what would queue without bound, whole", () => {
    const { stream, sent } = open();
    stream.open("ok");
    expect(stream.write(new Uint8Array(MAX_QUEUED))).toBe(true);
    const before = sent.length;
    expect(stream.write(new Uint8Array(11))).toBe(false);
    expect(sent.length).toBe(before);
  });

  it("says the end after what was queued", () => {
    const { stream, sent } = open();
    stream.open("ok");
    stream.write(bytes("0123456789ab"));
    stream.end();
    expect(sent.some((f) => f.kind === Kind.End)).toBe(false);
    stream.receive(frame(Kind.Credit, 100));
    expect(sent.at(-1)).toMatchObject({ kind: Kind.End, offset: 12 });
    expect(stream.write(bytes("x"))).toBe(false);
  });
});
