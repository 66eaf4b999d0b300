import { describe, expect, it } from "vitest";
import { Typed } from "./typed";

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (part: { at: number; bytes: Uint8Array }) => `${part.at}:${new TextDecoder().decode(part.bytes)}`;

describe("what was typed", () => {
  it("is sent again as far as the session did not get it", () => {
    const typed = new Typed();
    typed.add(bytes("hello "));
    typed.sent();
    typed.add(bytes("world"));
    expect(typed.waiting).toBe(5);
    expect(text(typed.since(4))).toBe("4:o world");
    expect(text(typed.since(6))).toBe("6:world");
    expect(text(typed.since(11))).toBe("11:");
    expect(text(typed.since(99))).toBe("11:"); // nonsense does no harm
  });

  it("is not sent twice to a session that does not know the viewer", () => {
    const typed = new Typed();
    typed.add(bytes("rm -r x\r"));
    typed.sent();
    expect(text(typed.since(null))).toBe("8:");
    typed.add(bytes("ls"));
    expect(text(typed.since(null))).toBe("8:ls");
  });

  it("is kept up to a bound", () => {
    const typed = new Typed();
    typed.add(new Uint8Array(60_000));
    typed.add(new Uint8Array(60_000));
    expect(typed.total).toBe(120_000);
    expect(typed.since(0)).toMatchObject({ at: 120_000 - 65_536 });
  });
});
