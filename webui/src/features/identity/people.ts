import type { Principal } from "@/gen/api";

export type Kind = "people" | "devices" | "shared" | "machines";

/** The kinds of those who can reach a home, in the order in which they are shown. */
export const kinds: { kind: Kind; title: string; says: string }[] = [
  { kind: "people", title: "People", says: "Known by their own devices. Renaming a login or a device changes nothing." },
  { kind: "devices", title: "Devices of nobody’s", says: "Tagged devices, such as a tablet on the wall." },
  { kind: "shared", title: "From other tailnets", says: "People to whom the gateway was shared. They get in only if a grant says so." },
  { kind: "machines", title: "Machines", says: "They run Homie, and hold no rights of their owner’s." },
];

export function kindOf(holder: Principal): Kind {
  switch (holder.class) {
    case "person":
      return "people";
    case "shared":
      return "shared";
    case "node":
      return "machines";
    default:
      return "devices";
  }
}

/** Whether something of a person, their devices or their rights has all words of a text in it. */
export function found(holder: Principal, text: string): boolean {
  const all = [
    holder.name,
    holder.person?.login ?? "",
    ...holder.roles,
    ...holder.capabilities,
    ...holder.devices.flatMap((d) => [d.name, d.os, ...d.tags]),
    ...holder.grants.flatMap((g) => [...(g.nodes ?? []), ...(g.as ?? [])]),
  ]
    .join(" ")
    .toLowerCase();
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => all.includes(word));
}
