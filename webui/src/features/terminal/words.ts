import type { Session } from "@/gen/api";

/** What to call a session: its name, or the program that it runs. */
export function sessionName(s: Session): string {
  if (s.name) return s.name;
  const program = s.command[0]?.split("/").pop()?.replace(/^-/, "");
  return program || "shell";
}

/** How a session ended: "The shell ended (exit 0)". */
export function exitWords(s: Session): string {
  const what = s.command.length <= 1 ? "The shell" : sessionName(s);
  if (s.signal) return `${what} was ended (${s.signal})`;
  if (s.exitCode === null) return `${what} ended`;
  return `${what} ended (exit ${s.exitCode})`;
}
