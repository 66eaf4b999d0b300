import { describe, expect, it } from "vitest";
import { Kind, decodeFrame, encodeFrame } from "./frame";

const payload = new TextEncoder().encode("hello");

describe("frames", () => {
  it("come out as they went in", () => {
    for (const offset of [0, 1, 2 ** 32 - 1, 2 ** 32, 2 ** 40 + 7, 2 ** 53 - 1]) {
      const frame = decodeFrame(encodeFrame(Kind.Data, 0xfedcba98, offset, payload).buffer);
      expect(frame).toMatchObject({ kind: Kind.Data, fromOpener: true, stream: 0xfedcba98, offset });
      expect(new TextDecoder().decode(frame!.payload)).toBe("hello");
    }
  });

  it("have the bytes that the gateway expects", () => {
    expect([...encodeFrame(Kind.Credit, 7, 0x1_0000_0002)]).toEqual([2, 1, 0, 0, 0, 0, 0, 7, 0, 0, 0, 1, 0, 0, 0, 2]);
  });

  it("tell the last piece of a state", () => {
    const bytes = encodeFrame(Kind.State, 1, 9, payload);
    expect(decodeFrame(bytes.buffer)).toMatchObject({ kind: Kind.State, last: false, offset: 9 });
    bytes[1] = 3;
    expect(decodeFrame(bytes.buffer)).toMatchObject({ kind: Kind.State, last: true, fromOpener: true });
  });

  it("are refused when they are short, of no kind, or have bits set that mean nothing", () => {
    const good = encodeFrame(Kind.Data, 1, 0, payload);
    const broken = (at: number, value: number) => {
      const bytes = good.slice();
      bytes[at] = value;
      return bytes.buffer;
    };
    expect(decodeFrame(good.slice(0, 15).buffer)).toBeNull();
    expect(decodeFrame(broken(0, 0))).toBeNull();
    expect(decodeFrame(broken(0, 6))).toBeNull();
    expect(decodeFrame(broken(1, 2))).toBeNull(); // data has no last piece
    expect(decodeFrame(broken(1, 4))).toBeNull();
    expect(decodeFrame(broken(3, 1))).toBeNull();
    expect(decodeFrame(broken(8, 0xff))).toBeNull(); // an offset beyond exact numbers
  });
});
