import type { Machine } from "@/gen/api";

/** How the machines are as a whole, in a sentence. */
export function summary(all: Pick<Machine, "online">[]): string {
  const online = all.filter((m) => m.online).length;
  if (all.length === 1) return online === 1 ? "Your machine is online." : "Your machine is offline.";
  if (online === all.length) return all.length === 2 ? "Both machines are online." : `All ${online} machines are online.`;
  if (online === 0) return "No machine is online right now.";
  return `${online} of ${all.length} machines ${online === 1 ? "is" : "are"} online.`;
}
