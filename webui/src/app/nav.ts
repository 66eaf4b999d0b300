import { DoorOpen, House, ScrollText, SquareTerminal, Users, Workflow, type LucideIcon } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { can } from "@/features/identity/rights";

export interface Place {
  href: string;
  label: string;
  icon: LucideIcon;
  /** The first part of the paths that belong to it. */
  areas: string[];
  /** On a phone it is reached from another page: there is no room for it. */
  wide?: boolean;
}

const places: (Place & { needs?: string })[] = [
  { href: "/", label: "Machines", icon: House, areas: ["", "machines"] },
  { href: "/terminal", label: "Terminals", icon: SquareTerminal, areas: ["terminal", "recordings"], needs: "terminal:read" },
  { href: "/jobs", label: "Jobs", icon: Workflow, areas: ["jobs"], needs: "jobs:read" },
  { href: "/pairing", label: "Joining", icon: DoorOpen, areas: ["pairing"], needs: "pairing:read" },
  { href: "/people", label: "People", icon: Users, areas: ["people"], needs: "people:read", wide: true },
  { href: "/activity", label: "Activity", icon: ScrollText, areas: ["activity"], needs: "audit:read" },
];

/** The places that a caller can go to. */
export function placesFor(me: Whoami): Place[] {
  return places.filter((p) => !p.needs || can(me, p.needs));
}

export function isAt(place: Place, path: string): boolean {
  return place.areas.includes(path.split("/")[1] ?? "");
}
