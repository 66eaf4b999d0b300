import type { ITheme } from "@xterm/xterm";
import type { Theme } from "@/lib/theme";

const evening: ITheme = {
  background: "#120d0a",
  foreground: "#f1e7da",
  cursor: "#ffc266",
  cursorAccent: "#120d0a",
  selectionBackground: "#6b4a26aa",
  selectionInactiveBackground: "#4a382888",
  scrollbarSliderBackground: "#7d6b5d55",
  scrollbarSliderHoverBackground: "#7d6b5d99",
  scrollbarSliderActiveBackground: "#7d6b5dcc",
  black: "#2c221c",
  red: "#ef7d6d",
  green: "#93c47d",
  yellow: "#eebb5c",
  blue: "#7fb2e0",
  magenta: "#d596c6",
  cyan: "#78c3bd",
  white: "#e3d6c6",
  brightBlack: "#8d7c6e",
  brightRed: "#ff9a8b",
  brightGreen: "#aedd97",
  brightYellow: "#ffd580",
  brightBlue: "#a3cdf3",
  brightMagenta: "#ecb5df",
  brightCyan: "#99ded8",
  brightWhite: "#fffaf3",
};

const day: ITheme = {
  background: "#fffdf9",
  foreground: "#2a211b",
  cursor: "#a8472a",
  cursorAccent: "#fffdf9",
  selectionBackground: "#f2a93b66",
  selectionInactiveBackground: "#e3d8c988",
  scrollbarSliderBackground: "#917c6644",
  scrollbarSliderHoverBackground: "#917c6688",
  scrollbarSliderActiveBackground: "#917c66bb",
  black: "#2a211b",
  red: "#b02a22",
  green: "#3d7a2c",
  yellow: "#8a6100",
  blue: "#2864a8",
  magenta: "#93408a",
  cyan: "#14736d",
  white: "#7d6e61",
  brightBlack: "#6a5c51",
  brightRed: "#cc3b30",
  brightGreen: "#46852f",
  brightYellow: "#9a6c00",
  brightBlue: "#2f74c4",
  brightMagenta: "#a94f9f",
  brightCyan: "#197f78",
  brightWhite: "#4a3d33",
};

/** The colours of a terminal by day and in the evening. */
export function palette(theme: Theme): ITheme {
  return theme === "dark" ? evening : day;
}
