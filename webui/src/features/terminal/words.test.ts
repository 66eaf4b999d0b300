import { describe, expect, it } from "vitest";
import type { Session } from "@/gen/api";
import { companyWords, otherOwner, sessionTitle, shortDir, starter } from "./words";

const session = (more: Partial<Session>) => ({ name: "", command: ["/bin/bash"], startedBy: "", ...more }) as Session;

describe("whose a session is", () => {
  it("is said by who started it", () => {
    expect(starter(session({ startedBy: "Olivia on olivia-laptop" }))).toEqual({ name: "Olivia", device: "olivia-laptop" });
    expect(starter(session({ startedBy: "Nora on call on den" }))).toEqual({ name: "Nora on call", device: "den" });
    expect(starter(session({ startedBy: "the console" }))).toEqual({ name: "the console", device: "" });
  });

  it("is named for others only", () => {
    const s = session({ startedBy: "Olivia on olivia-laptop" });
    expect(otherOwner(s, { name: "Olivia" })).toBeNull();
    expect(otherOwner(s, { name: "Max" })).toBe("Olivia");
    expect(otherOwner(session({}), { name: "Max" })).toBeNull();
    expect(sessionTitle(s, "Olivia")).toBe("Olivia’s bash");
    expect(sessionTitle(s, null)).toBe("bash");
  });
});

it("shortens a directory from its beginning", () => {
  expect(shortDir("/home/olivia/src")).toBe("/home/olivia/src");
  expect(shortDir("/home/olivia/src/homie/webui")).toBe("…/homie/webui");
  expect(shortDir("")).toBe("");
});

it("says that whoever else is in a session can type", () => {
  expect(companyWords(0)).toBe("");
  expect(companyWords(1)).toBe("1 other is here and can type");
  expect(companyWords(3)).toBe("3 others are here and can type");
});
