import { expect, it } from "vitest";
import type { Session } from "@/gen/api";
import { finished, happenings, noteSeen, noteUnseen, unseen } from "./attention";

const at = (seconds: number) => new Date(Date.UTC(2026, 0, 1) + seconds * 1000).toISOString();
const quiet = { bells: 0, command: null, last: null, notices: 0 };
const session = (attention: Partial<Session["attention"]>): Session =>
  ({ id: "abc", node: "nas", attention: { ...quiet, ...attention } }) as Session;
const ran = (text: string, seconds: number, exit: number | null) =>
  session({ last: { text, startedAt: at(0), endedAt: at(seconds), exit } });

it("tells of bells, notices and commands that took long", () => {
  const of = (before: Session, now: Session) => happenings(before, now, 10_000).map((h) => `${h.news}: ${h.text}`);
  expect(of(session({}), session({}))).toEqual([]);
  expect(of(session({}), session({ bells: 2 }))).toEqual(["bell: the bell rang"]);
  expect(of(session({ bells: 5 }), session({ bells: 1 }))).toEqual([]); // it began anew
  expect(of(session({}), session({ notices: 1, notice: "tests passed" }))).toEqual(["notice: tests passed"]);
  expect(of(session({}), ran("make", 180, 0))).toEqual(["done: make finished after 3 min, exit 0"]);
  expect(of(session({}), ran("make", 12, 2))).toEqual(["failed: make finished after 12 s, exit 2"]);
  expect(of(session({}), ran("ls", 9, 0))).toEqual([]);
  const known = ran("make", 180, 0);
  expect(of(known, known)).toEqual([]);
});

it("says how long it took", () => {
  expect(finished("", 3_900_000, null)).toBe("A command finished after 1 h 5 min");
});

it("keeps what is new until somebody looks", () => {
  const tab = { node: "nas", session: "abc" };
  noteUnseen({ tab, news: "done", text: "" });
  expect(unseen.get()).toEqual({ "/terminal/nas/abc": "done" });
  noteSeen(tab);
  expect(unseen.get()).toEqual({});
});
