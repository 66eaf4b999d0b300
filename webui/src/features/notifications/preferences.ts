import type { Preferences } from "@/gen/api";
import { client } from "@/app/client";
import { Live } from "@/lib/live";

/** What this person chose, and where they are told, live. */
export const preferences = new Live<Preferences, "notifications.changed">(client, {
  topic: "notifications.changed",
  snapshot: () => client.call("notifications.preferences", {}),
  apply: (was, { note }) => (note ? was : null),
});

/** Changes what was chosen. It shows at once, and is taken back if it fails. */
export async function choose(change: (was: Preferences) => Preferences): Promise<void> {
  const state = preferences.state.get();
  if (state.status !== "ready") return;
  const next = change(state.value);
  preferences.state.set({ ...state, value: next });
  try {
    await client.call("notifications.preferences.update", {
      topics: Object.fromEntries(next.topics.map((t) => [t.topic, t.choice])),
      quiet: next.quiet,
    });
  } catch (err) {
    preferences.refresh();
    throw err;
  }
}

/** The hours that people get who switch quiet hours on. */
export function usualQuiet(): { from: string; to: string; zone: string } {
  return { from: "22:00", to: "07:00", zone: Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC" };
}
