import { Store } from "@/lib/store";
import type { By } from "./find";

/** How terminals look on this device. */
export interface Settings {
  fontSize: number;
  screenReader: boolean;
  /** What is typed is drawn at once where the way to the machine is long. */
  typeAhead: boolean;
  /** How lists of terminals are divided. */
  listBy: By;
  /** What is sized for another's screen is shown smaller, so that it fits. */
  scale: boolean;
}

const KEY = "homie.terminal";
const MIN_FONT = 9;
const MAX_FONT = 28;

export const settings = new Store<Settings>(stored());

export function change(some: Partial<Settings>): void {
  const next = { ...settings.get(), ...some };
  next.fontSize = Math.min(MAX_FONT, Math.max(MIN_FONT, next.fontSize));
  settings.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // It holds for this page only.
  }
}

function stored(): Settings {
  const usual: Settings = { fontSize: window.innerWidth < 640 ? 13 : 14, screenReader: false, typeAhead: true, scale: true, listBy: "machine" };
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Settings>;
    return {
      fontSize: typeof value.fontSize === "number" ? value.fontSize : usual.fontSize,
      screenReader: value.screenReader === true,
      typeAhead: value.typeAhead !== false,
      listBy: value.listBy === "group" ? "group" : "machine",
      scale: value.scale !== false,
    };
  } catch {
    return usual;
  }
}
