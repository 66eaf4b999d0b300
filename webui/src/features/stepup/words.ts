import { duration } from "@/lib/format";

/** What follows a confirmation, for the device that asks. */
export function holdWords(holdMs: number, device: string): string {
  if (holdMs === 0) return "This is for the one time.";
  return `After that, ${device} need not ask again for ${duration(holdMs)}.`;
}

/** The home's rule, in a sentence. */
export function ruleWords(rule: string, holdMs: number): string {
  switch (rule) {
    case "never":
      return "In this home nothing has to be confirmed.";
    case "always":
      return "Before each thing that could do harm, Homie asks whether it is you.";
    default:
      return `Before something that could do harm, Homie asks whether it is you, and then not again on that device for ${duration(holdMs)}.`;
  }
}
