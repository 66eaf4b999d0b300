import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { Machine } from "@/gen/api";
import { Client } from "@/rpc/client";
import { FakeSocket } from "@/rpc/fake-socket";
import { INITIAL_LIMITS } from "@/rpc/socket";
import { Live } from "./live";

let client: Client;
let live: Live<Machine[], "presence.changed">;
const machine = (name: string, online = true) => ({ name, online }) as Machine;

beforeEach(async () => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  client = new Client({ url: "ws://home/rpc", version: "test", open: FakeSocket.open, random: () => 0.5 });
  live = new Live<Machine[], "presence.changed">(client, {
    topic: "presence.changed",
    snapshot: async () => (await client.call("presence.list", {})).machines,
    apply: (all, m) => [...all.filter((old) => old.name !== m.name), m],
  });
  client.start();
  await connect();
});

afterEach(() => {
  vi.useRealTimers();
});

async function connect(): Promise<void> {
  const socket = FakeSocket.last;
  await socket.opens();
  await socket.answers(socket.take("rpc.hello"), {
    protocol: 1,
    server: { name: "homie", version: "1", epoch: "one" },
    caller: { capabilities: ["*:*"] },
    limits: INITIAL_LIMITS,
  });
}

const subscribed = (seq: number, reset = false) =>
  FakeSocket.last.answers(FakeSocket.last.take("rpc.subscribe"), {
    topics: [{ topic: "presence.changed", epoch: "one", seq, reset }],
  });
const listed = (...machines: Machine[]) =>
  FakeSocket.last.answers(FakeSocket.last.take("presence.list"), { machines });
const changed = (seq: number, m: Machine) =>
  FakeSocket.last.says({ jsonrpc: "2.0", method: "presence.changed", params: { seq, data: m } });

it("subscribes, reads the snapshot, then applies what came meanwhile and after", async () => {
  live.use(() => {});
  expect(FakeSocket.last.has("presence.list")).toBe(false);
  await subscribed(1);
  await changed(2, machine("den", false));
  await listed(machine("den"), machine("nas"));
  expect(live.state.get().value).toEqual([machine("nas"), machine("den", false)]);
  await changed(3, machine("den"));
  expect(live.state.get().value).toEqual([machine("nas"), machine("den")]);
});

it("reads a snapshot that a lost connection cut short over the next one", async () => {
  live.use(() => {});
  await subscribed(1);
  expect(FakeSocket.last.has("presence.list")).toBe(true);
  await FakeSocket.last.breaks();
  client.wake();
  await connect();
  await subscribed(1);
  await listed(machine("den"));
  expect(live.state.get()).toMatchObject({ status: "ready", value: [machine("den")] });
});

it("keeps showing what it knows while it is disconnected", async () => {
  live.use(() => {});
  await subscribed(1);
  await listed(machine("den"));
  await FakeSocket.last.breaks();
  expect(live.state.get()).toMatchObject({ status: "ready" });
});

it("says why there is nothing to see", async () => {
  live.use(() => {});
  await FakeSocket.last.refuses(FakeSocket.last.take("rpc.subscribe"), "forbidden", "Not for you.");
  expect(live.state.get()).toMatchObject({ status: "error", error: { message: "Not for you." } });
});

it("is given up some time after nobody looks", async () => {
  const off = live.use(() => {});
  await subscribed(1);
  await listed(machine("den"));
  off();
  expect(FakeSocket.last.has("rpc.unsubscribe")).toBe(false);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(FakeSocket.last.has("rpc.unsubscribe")).toBe(true);
});
