import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Session } from "@/gen/api";
import { Client } from "@/rpc/client";
import { FakeSocket } from "@/rpc/fake-socket";
import { Kind } from "@/rpc/frame";
import { INITIAL_LIMITS } from "@/rpc/socket";
import { Attachment } from "./attachment";

const session: Session = {
  id: "s1",
  node: "den",
  name: "",
  command: ["/bin/bash"],
  dir: "/",
  account: "olivia",
  cols: 80,
  rows: 24,
  state: "running",
  startedAt: "",
  startedBy: "",
  starter: "",
  control: null,
  attention: { bells: 0, command: null, last: null, notices: 0 },
  endedAt: null,
  exitCode: null,
  viewers: 1,
  people: [],
  title: "",
  offset: 0,
  group: "",
  icon: "terminal",
  cwd: "/home/pi",
  endsAt: null,
  recording: null,
};

/** An emulator that parses when it is told to. */
class Screen {
  text = "";
  private waiting: { bytes: Uint8Array; parsed: () => void }[] = [];

  write = (bytes: Uint8Array, parsed: () => void) => this.waiting.push({ bytes, parsed });
  reset = () => {
    this.parse();
    this.text = "";
  };

  parse(): string {
    for (const { bytes, parsed } of this.waiting.splice(0)) {
      this.text += new TextDecoder().decode(bytes);
      parsed();
    }
    return this.text;
  }
}

let client: Client;
let screen: Screen;
let attachment: Attachment;
const bytes = (text: string) => new TextEncoder().encode(text);

beforeEach(async () => {
  vi.useFakeTimers();
  FakeSocket.all = [];
  client = new Client({ url: "ws://home/rpc", version: "test", open: FakeSocket.open, random: () => 0.5 });
  client.start();
  await connect();
  screen = new Screen();
  attachment = new Attachment(client, { node: "den", session: "s1" }, screen);
  attachment.attach();
});

afterEach(() => {
  attachment.close();
  vi.useRealTimers();
});

async function connect(windowBytes = 16): Promise<FakeSocket> {
  const socket = FakeSocket.last;
  await socket.opens();
  await socket.answers(socket.take("rpc.hello"), {
    protocol: 1,
    server: { name: "homie", version: "1", epoch: "one" },
    caller: { capabilities: ["*:*"] },
    limits: { ...INITIAL_LIMITS, windowBytes },
  });
  return socket;
}

/** Answers the attach call and returns the stream's id. */
async function attached(offset: number, at = offset, skipped = 0, typed: number | null = null): Promise<number> {
  const call = FakeSocket.last.take("terminal.session.attach");
  await FakeSocket.last.answers(call, { session: { ...session, offset: at }, offset, skipped, typed });
  return call.id;
}

const phase = () => attachment.state.get().phase;

describe("output", () => {
  it("is shown from as far back as it is kept, and credited when it was parsed", async () => {
    expect(FakeSocket.last.calls.at(-1)?.params).not.toHaveProperty("offset");
    const id = await attached(100, 110);
    expect(phase()).toBe("live");
    await FakeSocket.last.sends(Kind.Data, id, 100, "0123456789");
    expect(FakeSocket.last.frames).toEqual([]);
    expect(screen.parse()).toBe("0123456789");
    expect(FakeSocket.last.frames).toMatchObject([{ kind: Kind.Credit, stream: id, offset: 26 }]);
  });

  it("continues exactly after the connection was lost", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "one ");
    await FakeSocket.last.sends(Kind.Data, id, 4, "two ");
    await FakeSocket.last.breaks();
    expect(phase()).toBe("away");
    client.wake();
    await connect();
    const call = FakeSocket.last.calls.find((c) => c.method === "terminal.session.attach");
    expect(call?.params).toMatchObject({ offset: 8 });
    const next = await attached(8, 14);
    await FakeSocket.last.sends(Kind.Data, next, 8, "three ");
    expect(screen.parse()).toBe("one two three ");
  });

  it("that comes twice is shown once", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "abcd");
    await FakeSocket.last.sends(Kind.Data, id, 2, "cdef");
    await FakeSocket.last.sends(Kind.Data, id, 0, "abc");
    expect(screen.parse()).toBe("abcdef");
  });

  it("is written in whole characters", async () => {
    const id = await attached(0);
    const dash = bytes("a—b");
    await FakeSocket.last.sends(Kind.Data, id, 0, dash.slice(0, 3));
    expect(screen.parse()).toBe("a");
    await FakeSocket.last.breaks();
    client.wake();
    await connect();
    await FakeSocket.last.sends(Kind.Data, await attached(3), 3, dash.slice(3));
    expect(screen.parse()).toBe("a—b");
  });

  it("starts anew where bytes are missing", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "old");
    await FakeSocket.last.sends(Kind.Data, id, 500, "new");
    expect(screen.parse()).toBe("new");
    await FakeSocket.last.breaks();
    client.wake();
    await connect();
    const next = await attached(900, 900, 397);
    expect(attachment.skipped.get()).toBe(397);
    await FakeSocket.last.sends(Kind.Data, next, 900, "newer");
    expect(screen.parse()).toBe("newer");
  });

  it("of a stream that was replaced is ignored", async () => {
    const old = await attached(0);
    attachment.attach();
    await attached(0);
    await FakeSocket.last.sends(Kind.Data, old, 0, "ghost");
    expect(screen.parse()).toBe("");
  });
});

describe("a state", () => {
  it("stands for everything before it", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "old");
    await FakeSocket.last.sends(Kind.State, id, 500, "the ");
    expect(screen.parse()).toBe("the ");
    expect(attachment.replaying).toBe(true);
    await FakeSocket.last.sends(Kind.State, id, 500, "way ", true);
    await FakeSocket.last.sends(Kind.Data, id, 500, "on");
    expect(attachment.replaying).toBe(true);
    expect(screen.parse()).toBe("the way on");
    expect(attachment.replaying).toBe(false);
    await FakeSocket.last.breaks();
    client.wake();
    await connect();
    expect(FakeSocket.last.take("terminal.session.attach").params).toMatchObject({ offset: 502 });
  });

  it("that was cut off by a lost connection is asked for again", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "old");
    await FakeSocket.last.sends(Kind.State, id, 500, "half");
    await FakeSocket.last.breaks();
    client.wake();
    await connect();
    expect(FakeSocket.last.take("terminal.session.attach").params).not.toHaveProperty("offset");
  });

  it("is credited as data is", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.State, id, 500, "0123456789", true);
    screen.parse();
    expect(FakeSocket.last.frames).toMatchObject([{ kind: Kind.Credit, stream: id, offset: 26 }]);
  });
});

describe("input", () => {
  it("waits for a stream that is being opened, up to a bound", async () => {
    expect(attachment.write(bytes("ea"))).toBe(true);
    expect(attachment.write(bytes("rly"))).toBe(true);
    expect(attachment.write(new Uint8Array(5_000))).toBe(false);
    const id = await attached(0);
    expect(FakeSocket.last.frames).toMatchObject([{ stream: id, offset: 0, payload: bytes("early") }]);
  });

  it("is sent in order with running offsets while live, and refused otherwise", async () => {
    const id = await attached(0);
    expect(attachment.write(bytes("ls"))).toBe(true);
    expect(attachment.write(bytes("\r"))).toBe(true);
    expect(FakeSocket.last.frames).toMatchObject([
      { kind: Kind.Data, stream: id, offset: 0, payload: bytes("ls") },
      { kind: Kind.Data, stream: id, offset: 2, payload: bytes("\r") },
    ]);
    await FakeSocket.last.breaks();
    expect(attachment.state.get()).toMatchObject({ phase: "away" });
    expect(attachment.unsent.get()).toBe(false);
    expect(attachment.write(bytes("lost?"))).toBe(false);
    expect(attachment.unsent.get()).toBe(true);
    client.wake();
    await connect();
    await attached(0);
    expect(FakeSocket.last.frames).toEqual([]); // nothing is sent that may have been taken
    expect(attachment.unsent.get()).toBe(true); // said until something is sent
    expect(attachment.write(bytes("again"))).toBe(true);
    expect(attachment.unsent.get()).toBe(false);
  });

  it("that was under way when the connection was lost is taken once", async () => {
    await attached(0);
    const { viewer } = FakeSocket.last.calls.find((c) => c.method === "terminal.session.attach")?.params ?? {};
    attachment.write(bytes("make test\r"));
    await FakeSocket.last.breaks();
    client.wake();
    await connect();
    const call = FakeSocket.last.calls.find((c) => c.method === "terminal.session.attach");
    expect(call?.params.viewer).toMatch(/^[0-9a-f]{24}$/);
    expect(viewer ?? call?.params.viewer).toBe(call?.params.viewer);
    await attached(0, 0, 0, 4);
    attachment.write(bytes("x"));
    expect(FakeSocket.last.frames).toMatchObject([
      { offset: 4, payload: bytes(" test\r") },
      { offset: 10, payload: bytes("x") },
    ]);
  });

  it("is guarded while old output is replayed", async () => {
    const id = await attached(0, 4);
    expect(attachment.replaying).toBe(true);
    await FakeSocket.last.sends(Kind.Data, id, 0, "\x1b[6n");
    expect(attachment.replaying).toBe(true);
    screen.parse();
    expect(attachment.replaying).toBe(false);
  });
});

describe("the end", () => {
  it("of the program is told with its exit status", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.End, id, 0);
    const ended = { ...session, state: "exited", exitCode: 3 };
    await FakeSocket.last.answers(FakeSocket.last.take("terminal.session.list"), { sessions: [ended] });
    expect(attachment.state.get()).toMatchObject({ phase: "ended", session: { exitCode: 3 } });
  });

  it("of a right stops the terminal and says why", async () => {
    const id = await attached(0);
    const why = { code: 1, message: "Your grant was taken away.", data: { reason: "forbidden", retryable: false } };
    await FakeSocket.last.sends(Kind.End, id, 0, JSON.stringify(why));
    expect(attachment.state.get()).toMatchObject({ phase: "failed", error: { message: "Your grant was taken away." } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.last.has("terminal.session.attach")).toBe(false);
  });

  it("of a machine is waited out", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "here");
    const why = { code: 1, message: "den is offline.", data: { reason: "unavailable", retryable: true } };
    await FakeSocket.last.sends(Kind.End, id, 0, JSON.stringify(why));
    expect(phase()).toBe("away");
    await vi.advanceTimersByTimeAsync(500);
    await FakeSocket.last.says({ jsonrpc: "2.0", id: FakeSocket.last.take("terminal.session.attach").id, error: why });
    expect(phase()).toBe("away");
    await vi.advanceTimersByTimeAsync(1_000);
    await attached(4);
    expect(phase()).toBe("live");
  });
});

/** A connection on which notes fit into the window. */
async function wide(): Promise<void> {
  await FakeSocket.last.breaks();
  client.wake();
  await connect(1_024);
}

/** What was said on the stream of the last connection. */
function notes(): unknown[] {
  const said = FakeSocket.last.frames.filter((f) => f.kind === Kind.Note);
  return said.map((f) => JSON.parse(new TextDecoder().decode(f.payload)));
}

describe("the size", () => {
  beforeEach(wide);
  const big = { cols: 100, rows: 30 };

  it("is the session's, and what fits here is said once it rests", async () => {
    attachment.fits({ cols: 80, rows: 24 });
    const id = await attached(0);
    expect(attachment.shape.get()).toEqual({ cols: 80, rows: 24 });
    for (let cols = 90; cols <= 100; cols++) attachment.fits({ cols, rows: 30 });
    await vi.advanceTimersByTimeAsync(200);
    expect(notes()).toEqual([big]);
    expect(attachment.shape.get()).toEqual({ cols: 80, rows: 24 });
    expect(attachment.foreign.get()).toBe(true);
    await FakeSocket.last.sends(Kind.Note, id, 0, JSON.stringify(big));
    expect(attachment.shape.get()).toEqual(big);
    expect(attachment.foreign.get()).toBe(false);
  });

  it("that fits here goes along with each attach", async () => {
    await attached(0);
    await FakeSocket.last.breaks();
    attachment.fits(big);
    client.wake();
    await connect();
    expect(FakeSocket.last.take("terminal.session.attach").params).toMatchObject(big);
  });

  it("is asked for by whom the session is seen", async () => {
    attachment.fits(big);
    await attached(0);
    attachment.looks(false);
    attachment.looks(true);
    expect(notes()).toEqual([{ visible: false }, { visible: true, ...big }]);
  });
});

describe("notes", () => {
  beforeEach(wide);

  it("say who answers the program, and whether it shows what is typed", async () => {
    const id = await attached(0);
    expect(attachment.drives).toBe(true);
    await FakeSocket.last.sends(Kind.Note, id, 0, JSON.stringify({ drives: false, echo: true, keys: false, skipped: 7 }));
    expect(attachment.drives).toBe(false);
    expect(attachment.takes.get()).toEqual({ echo: true, keys: false });
    expect(attachment.skipped.get()).toBe(7);
  });
});

describe("company", () => {
  beforeEach(wide);
  const say = (id: number, note: object) => FakeSocket.last.sends(Kind.Note, id, 0, JSON.stringify(note));
  const refusal = { reason: "forbidden", retryable: false, needs: { capability: "terminal:write", node: "den", account: "olivia" } };

  it("is told of by key, and who types", async () => {
    const id = await attached(0);
    await say(id, { you: "me", heard: true, typing: ["max"] });
    expect(attachment.you.get()).toBe("me");
    expect(attachment.typing.get()).toEqual(["max"]);
    await say(id, { typing: [] });
    expect(attachment.typing.get()).toEqual([]);
  });

  it("that has control makes keys go nowhere, and says so", async () => {
    const id = await attached(0);
    await say(id, { heard: false });
    const frames = FakeSocket.last.frames.length;
    expect(attachment.write(bytes("lost"))).toBe(true);
    expect(FakeSocket.last.frames.length).toBe(frames);
    expect(attachment.ignored.get()).toBe(1);
    attachment.ask(true);
    expect(notes().at(-1)).toEqual({ asks: true });
    await say(id, { heard: true });
    attachment.write(bytes("heard"));
    expect(FakeSocket.last.frames.at(-1)).toMatchObject({ kind: Kind.Data, stream: id, offset: 0 });
  });

  it("is watched by whoever may not type, from where they are, and typed with once they may", async () => {
    const call = FakeSocket.last.take("terminal.session.attach");
    expect(call.params).not.toHaveProperty("watch");
    await FakeSocket.last.says({ jsonrpc: "2.0", id: call.id, error: { code: -1, message: "no", data: refusal } });
    expect(attachment.watching.get()).toBe("must");
    const again = FakeSocket.last.take("terminal.session.attach");
    expect(again.params).toMatchObject({ watch: true });
    await FakeSocket.last.answers(again, { session, offset: 0, skipped: 0, typed: null });
    expect(phase()).toBe("live");
    expect(attachment.write(bytes("x"))).toBe(true);
    expect(attachment.ignored.get()).toBe(1);
    await FakeSocket.last.sends(Kind.Data, again.id, 0, "seen");
    attachment.reconsider();
    const types = FakeSocket.last.take("terminal.session.attach");
    expect(types.params).toMatchObject({ offset: 4 });
    expect(types.params).not.toHaveProperty("watch");
  });

  it("is only watched on after the right to type was taken away", async () => {
    const id = await attached(0);
    await FakeSocket.last.sends(Kind.Data, id, 0, "seen");
    await FakeSocket.last.sends(Kind.End, id, 4, JSON.stringify({ code: -1, message: "no", data: refusal }));
    expect(attachment.watching.get()).toBe("must");
    expect(FakeSocket.last.take("terminal.session.attach").params).toMatchObject({ watch: true, offset: 4 });
  });

  it("may not even be seen: that is said, and tried again when rights change", async () => {
    const call = FakeSocket.last.take("terminal.session.attach");
    await FakeSocket.last.says({ jsonrpc: "2.0", id: call.id, error: { code: -1, message: "no", data: refusal } });
    await FakeSocket.last.refuses(FakeSocket.last.take("terminal.session.attach"), "forbidden");
    expect(phase()).toBe("failed");
    attachment.reconsider();
    expect(FakeSocket.last.take("terminal.session.attach").params).not.toHaveProperty("watch");
  });

  it("can be left to type alone by one who only wants to watch", async () => {
    await attached(0);
    attachment.watch("wants");
    expect(FakeSocket.last.take("terminal.session.attach").params).toMatchObject({ watch: true });
    attachment.watch("no");
    expect(FakeSocket.last.take("terminal.session.attach").params).not.toHaveProperty("watch");
  });
});
