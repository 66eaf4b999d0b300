import type { Machine } from "@/gen/api";

/**
 * The machines after an event. A machine is known by its device: it may get
 * another name. The entry that an event takes away is known by both, so that a
 * list that was read after a change of name keeps the new one.
 */
export function withMachine(all: Machine[], changed: Machine): Machine[] {
  if (changed.removed) return all.filter((m) => m.device !== changed.device || m.name !== changed.name);
  return inOrder([...all.filter((m) => m.device !== changed.device), changed]);
}

export function inOrder(all: Machine[]): Machine[] {
  return all.sort((a, b) => a.name.localeCompare(b.name));
}
