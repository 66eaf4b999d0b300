import { describe, expect, it } from "vitest";
import type { Session } from "@/gen/api";
import { otherOwner, sessionTitle, shortDir, starter } from "./words";

const session = (more: Partial<Session>) => ({ name: "", command: ["/bin/bash"], startedBy: "", ...more }) as Session;

describe("whose a session is", () => {
  it("is said by who started it", () => {
    expect(starter(session({ startedBy: "Olivia on olivia-laptop" }))).toEqual({ name: "Olivia", device: "olivia-laptop" });
    expect(starter(session({ startedBy: "Nora on call on den" }))).toEqual({ name: "Nora on call", device: "den" });
    expect(starter(session({ startedBy: "the console" }))).toEqual({ name: "the console", device: "" });
  });

  it("is named for others only", () => {
    const s = session({ startedBy: "Olivia on olivia-laptop", starter: "person:1" });
    const someone = (id: string, name: string) => ({ name, person: { id, name, login: "" }, device: null });
    expect(otherOwner(s, someone("1", "Olivia"))).toBeNull();
    expect(otherOwner(s, someone("2", "Max"))).toBe("Olivia");
    expect(otherOwner(s, someone("3", "Olivia"))).toBe("Olivia"); // another of the same name
    expect(otherOwner(session({}), someone("2", "Max"))).toBeNull();
    expect(sessionTitle(s, "Olivia")).toBe("Olivia’s bash");
    expect(sessionTitle(s, null)).toBe("bash");
  });
});

it("shortens a directory from its beginning", () => {
  expect(shortDir("/home/olivia/src")).toBe("/home/olivia/src");
  expect(shortDir("/home/olivia/src/homie/webui")).toBe("…/homie/webui");
  expect(shortDir("")).toBe("");
});
