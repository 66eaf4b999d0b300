import { afterEach, describe, expect, it } from "vitest";
import { ask, asking, confirmed } from "./asking";
import { creationOptions, decoded, encoded, requestOptions } from "./credential";
import { holdWords, ruleWords } from "./words";

afterEach(() => asking.set([]));

describe("what this page waits for", () => {
  it("is asked once, in order, and settled by itself", async () => {
    const one = ask({ id: "1", words: "a" });
    const two = ask({ id: "2", words: "b" });
    expect(ask({ id: "1", words: "a" })).toBe(one);
    expect(asking.get().map((a) => a.what.id)).toEqual(["1", "2"]);
    asking.get()[1]!.settle("denied");
    asking.get()[0]!.settle("confirmed");
    expect(await Promise.all([one, two])).toEqual(["confirmed", "denied"]);
    expect(asking.get()).toEqual([]);
  });

  it("is null for the client when it was confirmed, else why not", async () => {
    const good = confirmed({ id: "1", words: "a" });
    asking.get()[0]!.settle("confirmed");
    expect(await good).toBeNull();
    const bad = confirmed({ id: "2", words: "b" });
    asking.get()[0]!.settle("over");
    expect((await bad)?.message).toMatch(/^Nobody confirmed it in time/);
  });
});

describe("the options of a passkey", () => {
  it("become bytes where the browser wants them", () => {
    const bytes = new Uint8Array([0, 255, 62, 63, 1]);
    const text = encoded(bytes.buffer);
    expect(text).toBe("AP8-PwE");
    expect(decoded(text)).toEqual(bytes);
    const get = requestOptions({ challenge: text, rpId: "home", allowCredentials: [{ type: "public-key", id: text }] });
    expect(get).toMatchObject({ challenge: bytes, rpId: "home", allowCredentials: [{ id: bytes }] });
    const made = creationOptions({ challenge: text, user: { id: text, name: "max" } });
    expect(made).toMatchObject({ challenge: bytes, user: { id: bytes, name: "max" }, excludeCredentials: [] });
  });
});

describe("words", () => {
  it("say how long it holds", () => {
    expect(holdWords(12 * 3_600_000, "den")).toBe("After that, den need not ask again for 12 hours.");
    expect(holdWords(0, "den")).toBe("This is for the one time.");
    expect(ruleWords("never", 0)).toMatch(/nothing has to be confirmed/);
  });
});

