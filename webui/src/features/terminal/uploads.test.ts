import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Store } from "@/lib/store";
import type { Status } from "@/rpc/client";
import { RpcError } from "@/rpc/errors";
import type { StreamHandlers } from "@/rpc/stream";
import type { Caller } from "./attachment";
import { AT_ONCE, Uploads, leftWords, quoted } from "./uploads";

const real = setTimeout;
const tab = { node: "den", session: "s1" };

/** One stream that the test answers. */
class Side {
  bytes: number[] = [];
  at = 0;
  full = false;
  waiting = 0;
  ended = false;
  constructor(
    readonly params: { name: string; upload: string; size: number },
    readonly handlers: StreamHandlers<{ offset: number; dir: string }>,
  ) {}
  startAt(offset: number) {
    this.at = offset;
  }
  write(p: Uint8Array) {
    if (this.full) return false;
    for (const b of p) this.bytes.push(b);
    return true;
  }
  consumed() {}
  end() {
    this.ended = true;
  }
  open(offset: number) {
    this.handlers.onOpen({ offset, dir: "/tmp" });
  }
  done(name: string) {
    this.handlers.onNote({ name, path: `/tmp/${name}` }, 0);
    this.handlers.onEnd(null);
  }
}

let sides: Side[];
let uploads: Uploads;
let status: Store<Status>;
const open = { phase: "open" } as Status;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  sides = [];
  status = new Store<Status>(open);
  const caller = {
    status,
    stream: (_: string, params: never, handlers: never) => {
      if (status.get().phase !== "open") return null;
      const side = new Side(params, handlers);
      sides.push(side);
      return side;
    },
  };
  uploads = new Uploads(caller as unknown as Caller);
});

afterEach(() => {
  vi.useRealTimers();
});

const file = (name: string, size: number) => new File([Uint8Array.from({ length: size }, (_, i) => i % 251)], name);
const phases = () => uploads.all.get().map((u) => u.state.get().phase);
const settle = async () => {
  await new Promise((resolve) => real(resolve, 30)); // files are read by another thread
};

it("sends a few at once and the others after them", async () => {
  uploads.add(tab, [file("a", 3), file("b", 3), file("c", 3)]);
  expect(phases()).toEqual(["sending", "sending", "waiting"]);
  expect(sides).toHaveLength(AT_ONCE);
  sides[0]!.open(0);
  await settle();
  expect(sides[0]!.bytes).toEqual([0, 1, 2]);
  sides[0]!.done("a");
  expect(phases()).toEqual(["done", "sending", "sending"]);
  expect(uploads.all.get()[0]!.state.get().path).toBe("/tmp/a");
});

it("goes on after the connection was lost, under the same id, where the machine is", async () => {
  uploads.add(tab, [file("a", 10)]);
  sides[0]!.open(0);
  await settle();
  status.set({ phase: "waiting" } as Status);
  sides[0]!.handlers.onLost();
  expect(phases()).toEqual(["away"]);
  status.set(open);
  expect(sides).toHaveLength(2);
  expect(sides[1]!.params.upload).toBe(sides[0]!.params.upload);
  sides[1]!.open(4);
  await settle();
  expect(sides[1]!.at).toBe(4);
  expect(sides[1]!.bytes).toEqual([4, 5, 6, 7, 8, 9]);
  sides[1]!.done("a (1)");
  expect(phases()).toEqual(["done"]);
});

it("waits for room", async () => {
  uploads.add(tab, [file("a", 600_000)]);
  sides[0]!.open(0);
  sides[0]!.full = true;
  await settle();
  expect(sides[0]!.bytes).toHaveLength(0);
  sides[0]!.full = false;
  sides[0]!.handlers.onRoom?.();
  await settle();
  expect(sides[0]!.bytes).toHaveLength(600_000);
});

it("tries again what passes, and says what does not", async () => {
  const error = (retryable: boolean) =>
    new RpcError({ code: 0, message: "no", data: { reason: retryable ? "unavailable" : "conflict", retryable } });
  uploads.add(tab, [file("a", 3)]);
  sides[0]!.handlers.onEnd(error(true));
  expect(phases()).toEqual(["away"]);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(sides).toHaveLength(2);
  sides[1]!.handlers.onEnd(error(false));
  expect(phases()).toEqual(["failed"]);
  uploads.again(uploads.all.get()[0]!);
  expect(phases()).toEqual(["sending"]);
  expect(sides).toHaveLength(3);
});

it("gives up what is taken off the list, and lets the next one go", async () => {
  uploads.add(tab, [file("a", 3), file("b", 3), file("c", 3)]);
  sides[0]!.open(0);
  uploads.remove(uploads.all.get()[0]!);
  await settle();
  expect(sides[0]!.ended).toBe(true);
  expect(phases()).toEqual(["sending", "sending"]);
  sides[0]!.done("a"); // too late to matter
  expect(phases()).toEqual(["sending", "sending"]);
});

it("does not take an end without a word for success", async () => {
  uploads.add(tab, [file("a", 0)]);
  sides[0]!.open(0);
  sides[0]!.handlers.onEnd(null);
  expect(phases()).toEqual(["failed"]);
});

it("quotes paths for a shell", () => {
  expect(quoted("/home/a/b-1.txt")).toBe("/home/a/b-1.txt");
  expect(quoted("/tmp/it's here.txt")).toBe(`'/tmp/it'\\''s here.txt'`);
  expect(quoted("/tmp/$(rm -rf ~)")).toBe("'/tmp/$(rm -rf ~)'");
  expect(quoted("~root")).toBe("'~root'");
});

it("says how long it takes", () => {
  expect(leftWords(0, 100, null)).toBe(null);
  expect(leftWords(0, 100, 10)).toBe("10 seconds left");
  expect(leftWords(0, 100, 100)).toBe("1 second left");
  expect(leftWords(0, 7_200_000, 1_000)).toBe("2 hours left");
});
