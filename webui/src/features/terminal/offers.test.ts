import { beforeEach, expect, it } from "vitest";
import { answerOffer, fileAddress, offer, parseOffer, takeOffer, visible } from "./offers";
import type { OpenTerminal } from "./terminal";

const here = {} as OpenTerminal;
const b64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));
const says = (path: string, size = "12") => `get;${b64(path)};${size}`;

beforeEach(() => answerOffer(-1e9));

it("reads what homie get says", () => {
  expect(parseOffer(says("/home/é/a b.pdf"))).toEqual({ path: "/home/é/a b.pdf", size: 12 });
  expect(parseOffer(`get;${b64("/a")}`)).toEqual({ path: "/a", size: null });
  expect(parseOffer(says("/a", "-1"))).toEqual({ path: "/a", size: null });
});

it("takes nothing else", () => {
  for (const data of ["", "get", "get;", "put;" + b64("/a"), "get;%%%", says("relative"), says("/a\0b"), says("/" + "x".repeat(5_000)), says("/a") + ";more", `get;${btoa("\xff\xfe")}`])
    expect(parseOffer(data), data).toBe(null);
});

it("shows one at a time, and rests after an answer", () => {
  takeOffer(here, says("/one"), 0);
  takeOffer(here, says("/two"), 10_000);
  expect(offer.get()?.path).toBe("/one");
  answerOffer(20_000);
  takeOffer(here, says("/three"), 20_100);
  expect(offer.get()).toBe(null);
  takeOffer(here, says("/four"), 25_000);
  expect(offer.get()?.path).toBe("/four");
});

it("shows what would not show", () => {
  expect(visible("gpj.\u202eexe\u0007")).toBe("gpj.\ufffdexe\ufffd");
});

it("addresses files", () => {
  expect(fileAddress({ node: "den", session: "s" }, "/a b/é?&#.txt")).toBe("/files/den/s?path=%2Fa%20b%2F%C3%A9%3F%26%23.txt");
});
