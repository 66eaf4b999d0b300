import { expect, test } from "vitest";
import type { Principal } from "@/gen/api";
import { found, kindOf } from "./people";

const max: Principal = {
  class: "person", name: "Max", person: { id: "2", login: "max@example.com", name: "Max", picture: "" },
  devices: [{ id: "n1", name: "max-tablet", os: "android", tags: [], online: true, lastSeen: "0001-01-01T00:00:00Z" }],
  visitor: false, roles: ["member"], capabilities: ["terminal:write"], grants: [{ allow: ["terminal:write"], nodes: ["nas"], as: ["media"], why: "" }],
  problems: [],
};

test("a person is found by name, device, right, machine and account, in any order", () => {
  for (const text of ["", "max", "TABLET", "terminal:write nas", "media max", "member"]) expect(found(max, text), text).toBe(true);
  for (const text of ["olivia", "max owner"]) expect(found(max, text), text).toBe(false);
});

test("whatever is not known is a device of nobody's", () => {
  expect(kindOf(max)).toBe("people");
  expect(kindOf({ ...max, class: "tagged" })).toBe("devices");
  expect(kindOf({ ...max, class: "self" })).toBe("devices");
});
