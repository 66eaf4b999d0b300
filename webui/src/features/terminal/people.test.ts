import { describe, expect, it } from "vitest";
import type { Session, Viewer, Whoami } from "@/gen/api";
import { companyLine, mayTakeBack, presentDoes, presentIn, presentName } from "./people";

const olivia = { name: "Olivia", person: { id: "1", name: "Olivia", login: "o@x" }, device: null, roles: ["owner"] } as unknown as Whoami;
const max = { name: "Max", person: { id: "2", name: "Max", login: "m@x" }, device: null, roles: ["member"] } as unknown as Whoami;

const here: Viewer = { key: "a", name: "Olivia", device: "olivia-laptop", person: "person:1" };
const phone: Viewer = { key: "b", name: "Olivia", device: "olivia-phone", person: "person:1" };
const tablet: Viewer = { key: "c", name: "Max", device: "max-tablet", person: "person:2" };
const mia: Viewer = { key: "d", name: "Mia", device: "mia-phone", person: "person:3" };
const kiosk: Viewer = { key: "e", name: "kitchen", device: "kitchen", person: "device:9" };

const session = (people: Viewer[], more: Partial<Session> = {}) => ({ people, control: null, starter: "person:2", ...more }) as Session;
const line = (people: Viewer[], typing: string[] = []) => companyLine(presentIn(session(people), "a", typing, olivia));

describe("who else is there", () => {
  it.each([
    [[here], [], ""],
    [[here, tablet], [], "Max on max-tablet is here"],
    [[here, { ...tablet, watch: true }], [], "Max on max-tablet is watching"],
    [[here, tablet], ["c"], "Max on max-tablet is typing…"],
    [[here, tablet, mia], ["c", "d"], "Max and Mia are typing…"],
    [[here, tablet, mia], [], "Max and Mia are here"],
    [[here, tablet, { ...tablet, key: "f" }], [], "Max on 2 screens is here"],
    [[here, phone], [], "You are here on olivia-phone, too"],
    [[here, phone], ["b"], "You are typing…"],
    [[here, kiosk], [], "kitchen is here"],
    [[here, tablet, mia, kiosk, { ...mia, key: "g", name: "Gus" }], [], "Max, Mia and 2 others are here"],
  ] as [Viewer[], string[], string][])("%#: %s", (people, typing, words) => {
    expect(line(people, typing)).toBe(words);
  });
});

it("says of each who they are and what they do", () => {
  const s = session([here, { ...tablet, hidden: true }, mia], { control: { viewer: "d", name: "Mia" } });
  const [first, second, third] = presentIn(s, "a", [], olivia);
  expect(presentName(first!)).toBe("You, here");
  expect(presentDoes(second!)).toBe("has it in the background");
  expect(presentDoes(third!)).toBe("has control");
});

it("knows who may take control back", () => {
  const s = session([here, tablet, mia], { control: { viewer: "d", name: "Mia", person: "person:3" } });
  expect(mayTakeBack(s, olivia)).toBe(true); // an owner
  expect(mayTakeBack(s, max)).toBe(true); // who started it
  expect(mayTakeBack({ ...s, starter: "person:9" }, max)).toBe(false);
});
