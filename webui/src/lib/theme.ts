import { Store } from "./store";

/** What the person chose: the system's colours, or always the same. */
export type ThemeChoice = "system" | "light" | "dark";
export type Theme = "light" | "dark";

const KEY = "homie.theme";
const darkScheme = window.matchMedia("(prefers-color-scheme: dark)");

function stored(): ThemeChoice {
  try {
    const value = localStorage.getItem(KEY);
    return value === "light" || value === "dark" ? value : "system";
  } catch {
    return "system"; // storage may be switched off
  }
}

export const themeChoice = new Store<ThemeChoice>(stored());
export const theme = new Store<Theme>(resolve());

function resolve(): Theme {
  const choice = themeChoice.get();
  if (choice !== "system") return choice;
  return darkScheme.matches ? "dark" : "light";
}

function apply(): void {
  theme.set(resolve());
  document.documentElement.dataset.theme = theme.get();
  const bg = getComputedStyle(document.documentElement).getPropertyValue("--bg").trim();
  document.querySelector('meta[name="theme-color"]')?.setAttribute("content", bg);
}

export function chooseTheme(choice: ThemeChoice): void {
  themeChoice.set(choice);
  try {
    localStorage.setItem(KEY, choice);
  } catch {
    // It holds for this page only.
  }
  apply();
}

/** Follows the system's choice from here on. */
export function startTheme(): void {
  darkScheme.addEventListener("change", apply);
  apply();
}
