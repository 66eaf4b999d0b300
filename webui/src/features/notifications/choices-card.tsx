import type { Preferences, TopicChoice } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Check, Select, TextField } from "@/components/ui/field";
import { toastError } from "@/components/ui/toast";
import { useLive } from "@/lib/live";
import { choose, preferences, usualQuiet } from "./preferences";

const words: Record<TopicChoice["choice"], string> = {
  push: "On my devices, and here",
  inbox: "Only here",
  off: "Not at all",
};

/** What a person wants to hear of, and when not. */
export function ChoicesCard() {
  const state = useLive(preferences);
  if (state.status !== "ready") return null;
  const p = state.value;
  return (
    <Card className="p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">What you hear of</h2>
      <div className="mt-4 grid gap-4">
        {p.topics.map((t) => (
          <Select key={t.topic} label={t.label} hint={t.about} value={t.choice} onChange={(e) => change((was) => withChoice(was, t.topic, e.target.value))}>
            {Object.entries(words).map(([value, label]) => (
              <option key={value} value={value}>
                {label}
              </option>
            ))}
          </Select>
        ))}
      </div>
      <QuietHours quiet={p.quiet} />
    </Card>
  );
}

function change(how: (was: Preferences) => Preferences): void {
  choose(how).catch((err: unknown) => toastError("Nothing was changed", err));
}

function withChoice(was: Preferences, topic: string, choice: string): Preferences {
  const topics = was.topics.map((t) => (t.topic === topic ? { ...t, choice: choice as TopicChoice["choice"] } : t));
  return { ...was, topics };
}

function QuietHours({ quiet }: { quiet: Preferences["quiet"] }) {
  const set = (part: Partial<NonNullable<typeof quiet>>) => quiet && change((was) => ({ ...was, quiet: { ...quiet, ...part } }));
  return (
    <div className="mt-5 border-t border-line pt-3">
      <Check
        label="Quiet hours"
        hint="Nothing rings then but what is urgent. It is here in the morning."
        checked={quiet !== null}
        onChange={(e) => change((was) => ({ ...was, quiet: e.target.checked ? usualQuiet() : null }))}
      />
      {quiet && (
        <>
          <div className="mt-2 grid grid-cols-2 gap-3">
            <TextField label="From" type="time" required value={quiet.from} onChange={(e) => e.target.value && set({ from: e.target.value })} />
            <TextField label="To" type="time" required value={quiet.to} onChange={(e) => e.target.value && set({ to: e.target.value })} />
          </div>
          <p className="mt-2 text-sm text-muted">In the time of {quiet.zone.replaceAll("_", " ")}.</p>
        </>
      )}
    </div>
  );
}
