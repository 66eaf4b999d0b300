import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Machine, Whoami } from "@/gen/api";
import { Client } from "./client";
import { RpcError, localError } from "./errors";
import { FakeSocket, settle } from "./fake-socket";
import { Kind } from "./frame";
import { INITIAL_LIMITS } from "./socket";

const olivia: Whoami = {
  class: "person",
  name: "Olivia",
  person: { id: "1", login: "olivia@example.com", name: "Olivia" },
  device: null,
  roles: ["owner"],
  capabilities: ["*:*"],
  grants: [],
  problems: [],
  warnings: [],
  askFor: "",
  home: "",
};
const visitor: Whoami = { ...olivia, name: "Vera", roles: [], capabilities: [], askFor: "{}" };

let client: Client;

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  client = new Client({ url: "ws://home/rpc", version: "test", open: FakeSocket.open, random: () => 0.5 });
});

afterEach(() => {
  vi.useRealTimers();
});

async function connect(caller = olivia, epoch = "one"): Promise<FakeSocket> {
  const socket = FakeSocket.last;
  await socket.opens();
  const server = { name: "homie", version: "1", epoch };
  await socket.answers(socket.take("rpc.hello"), { protocol: 1, server, caller, limits: INITIAL_LIMITS });
  return socket;
}

async function start(caller = olivia): Promise<FakeSocket> {
  client.start();
  return connect(caller);
}

describe("connecting", () => {
  it("offers the protocol, says hello and knows the caller", async () => {
    client.start();
    expect(FakeSocket.last.protocol).toBe("homie.v1");
    expect(client.status.get().phase).toBe("connecting");
    await connect();
    expect(client.status.get()).toMatchObject({ phase: "open", hello: { server: { epoch: "one" } } });
    expect(client.me.get()?.name).toBe("Olivia");
  });

  it("stops for good where no version is in common", async () => {
    client.start();
    const socket = FakeSocket.last;
    await socket.opens();
    await socket.refuses(socket.take("rpc.hello"), "version_mismatch", "No version in common.");
    expect(client.status.get().phase).toBe("stopped");
    await vi.advanceTimersByTimeAsync(120_000);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("gives up a socket that never opens", async () => {
    client.start();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(FakeSocket.last.closed).toBe(true);
    expect(client.status.get().phase).toBe("waiting");
  });

  it("says why it was not let in", async () => {
    const why = new RpcError({ code: 1, message: "Not known here.", data: { reason: "unauthenticated", retryable: false } });
    client = new Client({ url: "ws://home/rpc", version: "test", open: FakeSocket.open, diagnose: () => Promise.resolve(why) });
    client.start();
    await FakeSocket.last.breaks();
    expect(client.status.get()).toMatchObject({ phase: "waiting", error: { message: "Not known here." } });
  });
});

describe("calls", () => {
  it("match answers to calls, in any order", async () => {
    const socket = await start();
    const first = client.call("presence.list", {});
    const second = client.call("pairing.list", {});
    await socket.answers(socket.take("pairing.list"), { requests: [], paired: [] });
    await socket.answers(socket.take("presence.list"), { machines: [] });
    expect(await first).toEqual({ machines: [] });
    expect(await second).toEqual({ requests: [], paired: [] });
  });

  it("fail with words, a reason and a request id", async () => {
    const socket = await start();
    const failed = client.call("presence.list", {}).catch((e: unknown) => e);
    const call = socket.take("presence.list");
    const data = { reason: "internal", retryable: false, requestId: "r-7" };
    await socket.says({ jsonrpc: "2.0", id: call.id, error: { code: -32603, message: "It broke.", data } });
    expect(await failed).toMatchObject({ message: "It broke.", reason: "internal", requestId: "r-7" });
  });

  it("fail when no answer comes in time, and when the connection breaks", async () => {
    const socket = await start();
    const late = client.call("presence.list", {}, 1_000).catch((e: RpcError) => e.reason);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(await late).toBe("timeout");
    const broken = client.call("pairing.list", {}).catch((e: RpcError) => e.reason);
    await socket.breaks();
    expect(await broken).toBe("canceled");
    expect(await client.call("pairing.list", {}).catch((e: RpcError) => e.reason)).toBe("unavailable");
  });
});

describe("reconnecting", () => {
  it("waits longer each time, and anew after a connection that lasted", async () => {
    const socket = await start();
    await vi.advanceTimersByTimeAsync(2_000);
    await socket.breaks();
    const waits: number[] = [];
    for (let i = 0; i < 3; i++) {
      const status = client.status.get();
      if (status.phase !== "waiting") throw new Error("not waiting");
      waits.push(status.retryAt - Date.now());
      await vi.advanceTimersByTimeAsync(waits[i]!);
      await FakeSocket.last.breaks();
    }
    expect(waits).toEqual([1000, 2000, 4000]);
    client.wake();
    const lasting = await connect();
    for (let i = 0; i < 3; i++) {
      await vi.advanceTimersByTimeAsync(3_000);
      while (lasting.has("rpc.ping")) await lasting.answers(lasting.take("rpc.ping"), {});
    }
    await lasting.breaks();
    const status = client.status.get();
    expect(status.phase === "waiting" && status.retryAt - Date.now()).toBe(1000);
  });

  it("tries at once when the network or the page is back", async () => {
    const socket = await start();
    await socket.breaks();
    expect(FakeSocket.all).toHaveLength(1);
    client.wake();
    expect(FakeSocket.all).toHaveLength(2);
    await connect();
    expect(client.status.get().phase).toBe("open");
  });

  it("tells streams that they are lost", async () => {
    const socket = await start();
    const log: string[] = [];
    const handlers = {
      onOpen: () => log.push("open"),
      onData: () => log.push("data"),
      onState: () => log.push("state"),
      onNote: () => log.push("note"),
      onEnd: () => log.push("end"),
      onLost: () => log.push("lost"),
    };
    const stream = client.stream("terminal.session.attach", { node: "den", session: "s1" }, handlers);
    const call = socket.take("terminal.session.attach");
    expect(stream!.id).toBe(call.id);
    await socket.answers(call, {});
    await socket.sends(Kind.Data, call.id, 0, "x");
    await socket.breaks();
    expect(log).toEqual(["open", "data", "lost"]);
    expect(client.stream("terminal.session.attach", { node: "den", session: "s1" }, handlers)).toBeNull();
  });
});

describe("heartbeat", () => {
  it("measures the round trip every three seconds", async () => {
    const socket = await start();
    await vi.advanceTimersByTimeAsync(0);
    await vi.advanceTimersByTimeAsync(40);
    await socket.answers(socket.take("rpc.ping"), {});
    expect(client.status.get()).toMatchObject({ rttMs: 40 });
    expect(socket.has("rpc.ping")).toBe(false);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(socket.has("rpc.ping")).toBe(true);
  });

  it("gives up a connection that stays silent for five seconds", async () => {
    const socket = await start();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(socket.closed).toBe(true);
    expect(client.status.get().phase).toBe("waiting");
  });

  it("is less patient when somebody comes back to the page", async () => {
    const socket = await start();
    await vi.advanceTimersByTimeAsync(0);
    await socket.answers(socket.take("rpc.ping"), {});
    client.setVisible(false);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(socket.has("rpc.ping")).toBe(false);
    client.setVisible(true);
    await vi.advanceTimersByTimeAsync(2_500);
    expect(client.status.get().phase).toBe("waiting");
  });

  it("asks for a visitor who they are instead, and lets them in live", async () => {
    const socket = await start(visitor);
    await vi.advanceTimersByTimeAsync(4_999);
    expect(socket.calls).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    expect(socket.has("rpc.ping")).toBe(false);
    await socket.answers(socket.take("identity.whoami"), { ...visitor, capabilities: ["presence:read"], roles: ["guest"] });
    expect(client.me.get()?.roles).toEqual(["guest"]);
    await vi.advanceTimersByTimeAsync(3_000);
    expect(socket.has("rpc.ping")).toBe(true);
  });

  it("looks at the rights again after a refusal", async () => {
    const socket = await start();
    await vi.advanceTimersByTimeAsync(2_000);
    await socket.answers(socket.take("rpc.ping"), {});
    const refused = client.call("audit.list", {}).catch((e: RpcError) => e.reason);
    await socket.refuses(socket.take("audit.list"), "forbidden");
    expect(await refused).toBe("forbidden");
    await vi.advanceTimersByTimeAsync(0);
    await socket.answers(socket.take("identity.whoami"), { ...olivia, roles: ["member"] });
    expect(client.me.get()?.roles).toEqual(["member"]);
  });
});

describe("events", () => {
  const topic = "presence.changed";
  const event = (socket: FakeSocket, params: unknown) => socket.says({ jsonrpc: "2.0", method: topic, params });
  const machine = (name: string) => ({ name }) as Machine;
  let log: string[];

  beforeEach(() => {
    log = [];
    client.subscribe(topic, {
      onEvent: (m) => log.push(m.name),
      onReset: () => log.push("reset"),
      onError: (e) => log.push(`error ${e.reason}`),
    });
  });

  const subscribed = (socket: FakeSocket, state: object) =>
    socket.answers(socket.take("rpc.subscribe"), { topics: [{ topic, epoch: "one", seq: 0, reset: false, ...state }] });

  it("start with a snapshot and go on with what came after it", async () => {
    const socket = await start();
    expect(socket.calls.find((c) => c.method === "rpc.subscribe")?.params).toEqual({ topics: [{ topic }] });
    await event(socket, { seq: 4, data: machine("old") }); // overtook the answer
    await event(socket, { seq: 6, data: machine("early") });
    expect(log).toEqual([]);
    await subscribed(socket, { seq: 5 });
    expect(log).toEqual(["reset", "early"]);
    await event(socket, { seq: 7, data: machine("next") });
    expect(log).toEqual(["reset", "early", "next"]);
  });

  it("are applied once, however often they come", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 1 });
    for (const seq of [2, 2, 3, 1, 2, 3]) await event(socket, { seq, data: machine(`m${seq}`) });
    expect(log).toEqual(["reset", "m2", "m3"]);
  });

  it("may have holes: what the caller may not see is left out", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 1 });
    await event(socket, { seq: 9, data: machine("m9") });
    expect(log).toEqual(["reset", "m9"]);
  });

  it("resume after a reconnection where they left off", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 1 });
    await event(socket, { seq: 2, data: machine("m2") });
    await socket.breaks();
    client.wake();
    const again = await connect();
    expect(again.calls.find((c) => c.method === "rpc.subscribe")?.params).toEqual({
      topics: [{ topic, epoch: "one", after: 2 }],
    });
    await subscribed(again, { seq: 2 });
    await event(again, { seq: 2, data: machine("m2") });
    await event(again, { seq: 3, data: machine("m3") });
    expect(log).toEqual(["reset", "m2", "m3"]);
  });

  it("ask for a snapshot when the gateway is another one", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 40 });
    await socket.breaks();
    client.wake();
    const again = await connect(olivia, "two");
    await event(again, { seq: 3, data: machine("m3") });
    await subscribed(again, { epoch: "two", seq: 2, reset: true });
    expect(log).toEqual(["reset", "reset", "m3"]);
  });

  it("ask for a snapshot when some were missed for good", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 1 });
    await event(socket, { seq: 500, reset: true });
    await event(socket, { seq: 499, data: machine("old") });
    await event(socket, { seq: 501, data: machine("m501") });
    expect(log).toEqual(["reset", "reset", "m501"]);
  });

  it("end with the reason when a right is taken away, and start afresh when it is back", async () => {
    const socket = await start();
    await subscribed(socket, { seq: 1 });
    const error = { code: 1, message: "no", data: { reason: "forbidden", retryable: false } };
    await event(socket, { seq: 0, error });
    expect(log).toEqual(["reset", "error forbidden"]);
    await socket.breaks();
    client.wake();
    const again = await connect();
    expect(again.calls.find((c) => c.method === "rpc.subscribe")?.params).toEqual({ topics: [{ topic }] });
  });

  it("start afresh as soon as the right to them is back", async () => {
    const socket = await start();
    await socket.refuses(socket.take("rpc.subscribe"), "forbidden");
    expect(log).toEqual(["error forbidden"]);
    while (!socket.has("identity.whoami")) {
      await vi.advanceTimersByTimeAsync(1_000);
      while (socket.has("rpc.ping")) await socket.answers(socket.take("rpc.ping"), {});
    }
    await socket.answers(socket.take("identity.whoami"), { ...olivia, roles: ["member"] });
    await subscribed(socket, { seq: 3 });
    expect(log).toEqual(["error forbidden", "reset"]);
  });

  it("are given up when nobody listens any more", async () => {
    const socket = await start();
    const off = client.subscribe("pairing.changed", { onEvent: () => {}, onReset: () => {}, onError: () => {} });
    off();
    await settle();
    expect(socket.take("rpc.unsubscribe").params).toEqual({ topics: ["pairing.changed"] });
  });
});

describe("what has to be confirmed", () => {
  const what = { id: "c1", words: "Light the hall" };
  const refuses = (socket: FakeSocket, id: number) =>
    socket.says({
      jsonrpc: "2.0",
      id,
      error: { code: -32015, message: "Please confirm.", data: { reason: "confirmation_required", retryable: false, confirm: what } },
    });

  it("is asked for, and then the same call is made again", async () => {
    let say: (refusal: RpcError | null) => void = () => {};
    const asked: unknown[] = [];
    client = new Client({
      url: "ws://home/rpc", version: "test", open: FakeSocket.open,
      confirm: (c) => {
        asked.push(c);
        return new Promise((resolve) => (say = resolve));
      },
    });
    const socket = await start();
    const answer = client.call("pairing.list", {});
    await refuses(socket, socket.take("pairing.list").id);
    expect(asked).toEqual([what]);
    expect(socket.has("pairing.list")).toBe(false);
    say(null);
    await settle();
    await socket.answers(socket.take("pairing.list"), { requests: [], paired: [] });
    expect(await answer).toEqual({ requests: [], paired: [] });
  });

  it("is not done when nobody confirms it", async () => {
    client = new Client({
      url: "ws://home/rpc", version: "test", open: FakeSocket.open,
      confirm: () => Promise.resolve(localError("canceled", "It was denied.")),
    });
    const socket = await start();
    const answer = client.call("pairing.list", {}).catch((err: RpcError) => err.message);
    await refuses(socket, socket.take("pairing.list").id);
    expect(await answer).toBe("It was denied.");
    expect(socket.has("pairing.list")).toBe(false);
  });
});
