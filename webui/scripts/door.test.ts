import { EventEmitter } from "node:events";
import { expect, it } from "vitest";
import { toDoor } from "./door.ts";

type Proxy = Parameters<NonNullable<ReturnType<typeof toDoor>["configure"]>>[0];

/** What a request through Vite has as Host and Origin when it is at the door. */
function passed(headers: { host: string; origin?: string }, event: string) {
  const proxy = new EventEmitter();
  const door = toDoor("http://127.0.0.1:7101");
  door.configure!(proxy as unknown as Proxy, door);
  const out = new Map(Object.entries(headers));
  proxy.emit(event, { setHeader: (name: string, value: string) => out.set(name.toLowerCase(), value) }, { headers });
  return Object.fromEntries(out);
}

for (const event of ["proxyReq", "proxyReqWs"]) {
  it(`passes Vite's own page on as one of the door's: ${event}`, () => {
    const own = { host: "localhost:5173", origin: "http://localhost:5173" };
    expect(passed(own, event)).toEqual({ host: "127.0.0.1:7101", origin: "http://127.0.0.1:7101" });
    expect(passed({ host: "127.0.0.1:5173" }, event)).toEqual({ host: "127.0.0.1:7101" });
  });

  it(`leaves what is foreign for the door to refuse: ${event}`, () => {
    for (const origin of ["http://evil.example", "null", "http://localhost:3000", "https://localhost:5173"]) {
      expect(passed({ host: "localhost:5173", origin }, event).origin).toBe(origin);
    }
    const rebound = { host: "evil.example:5173", origin: "http://evil.example:5173" };
    expect(passed(rebound, event)).toEqual(rebound);
  });
}
