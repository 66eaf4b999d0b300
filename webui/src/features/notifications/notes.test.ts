import { expect, test } from "vitest";
import type { Note } from "@/gen/api";
import { pageOf, withNews, type Inbox } from "./notes";

function note(id: string, more: Partial<Note> = {}): Note {
  return {
    id, at: "2026-01-01T10:00:00Z", topic: "messages", title: id, body: "", path: "", urgency: "normal", from: "", read: false, tag: "", times: 1,
    ...more,
  };
}

const inbox: Inbox = { notes: [note("b", { tag: "disk" }), note("a", { tag: "disk", read: true })], unread: 1, more: false };

test("news come first", () => {
  const after = withNews(inbox, { note: note("c"), unread: 2 });
  expect(after?.notes.map((n) => n.id)).toEqual(["c", "b", "a"]);
  expect(after?.unread).toBe(2);
});

test("one of the same tag replaces what was not read", () => {
  const after = withNews(inbox, { note: note("c", { tag: "disk", times: 2 }), unread: 1 });
  expect(after?.notes.map((n) => n.id)).toEqual(["c", "a"]);
});

test("news that come twice are there once", () => {
  const once = withNews(inbox, { note: note("c"), unread: 2 })!;
  expect(withNews(once, { note: note("c"), unread: 2 })).toEqual(once);
});

test("what was read is read again from the gateway", () => {
  expect(withNews(inbox, { note: null, unread: 0 })).toBeNull();
});

test("a note leads to pages of this app only", () => {
  expect(pageOf(note("a", { path: "/machines/den" }))).toBe("/machines/den");
  expect(pageOf(note("a", { path: "//evil.example" }))).toBeNull();
  expect(pageOf(note("a", { path: "https://evil.example" }))).toBeNull();
  expect(pageOf(note("a"))).toBeNull();
});
