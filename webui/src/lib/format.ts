const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function count(n: number, unit: string): string {
  return `${n} ${unit}${n === 1 ? "" : "s"}`;
}

/** A length of time in its largest unit: "3 days", "12 minutes". */
export function duration(ms: number): string {
  if (ms >= 2 * DAY) return count(Math.floor(ms / DAY), "day");
  if (ms >= HOUR) return count(Math.floor(ms / HOUR), "hour");
  if (ms >= MINUTE) return count(Math.floor(ms / MINUTE), "minute");
  return "less than a minute";
}

/** How long ago a moment was: "just now", "5 minutes ago". */
export function ago(time: string, now = Date.now()): string {
  const ms = now - Date.parse(time);
  if (Number.isNaN(ms)) return "at an unknown time";
  if (ms < MINUTE) return "just now";
  return `${duration(ms)} ago`;
}

/** The same to the second, for what was reachable a moment ago: "43 seconds ago". */
export function seen(time: string, now = Date.now()): string {
  const seconds = Math.floor((now - Date.parse(time)) / 1000);
  if (Number.isNaN(seconds) || seconds >= 60) return ago(time, now);
  return seconds < 2 ? "just now" : `${seconds} seconds ago`;
}

/** Whether a time on the wire means "never". */
export function never(time: string): boolean {
  return time === "" || time.startsWith("0001-");
}

/** A size in bytes with a unit people know: "7.6 GB". */
export function bytes(n: number): string {
  const units = ["B", "KB", "MB", "GB", "TB", "PB"];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) {
    n /= 1024;
    i++;
  }
  return `${n >= 100 || i === 0 ? Math.round(n) : n.toFixed(1)} ${units[i]}`;
}

/** A moment as a clock shows it, with the day where that is not today. */
export function moment(time: string, now = new Date()): string {
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return "unknown";
  const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  if (at.toDateString() === now.toDateString()) return clock;
  return `${at.toLocaleDateString([], { day: "numeric", month: "short" })}, ${clock}`;
}

/** "a", "a and b", "a, b and c". */
export function list(items: string[]): string {
  if (items.length <= 1) return items[0] ?? "";
  return `${items.slice(0, -1).join(", ")} and ${items[items.length - 1]}`;
}

const systems: Record<string, string> = {
  linux: "Linux",
  darwin: "macOS",
  macos: "macOS",
  windows: "Windows",
  freebsd: "FreeBSD",
  openbsd: "OpenBSD",
  android: "Android",
  ios: "iOS",
};

/** An operating system's name as people write it. */
export function osName(os: string): string {
  return systems[os.toLowerCase()] ?? (os || "Unknown system");
}
