import type { Recorder, Recording } from "@/gen/api";

/** Whether a session is recorded at the moment. */
export function isRecorded(r: Recorder | null | undefined): r is Recorder {
  return r !== null && r !== undefined && r.endedAt === null;
}

/** Who records: "Recorded by Olivia". */
export function recordedBy(r: Recorder): string {
  return r.policy ? "Recorded, as everything on this machine is" : `Recorded by ${nameOf(r.by)}`;
}

/** Why a recording goes on no longer. */
export function endWords(r: Recorder): string {
  switch (r.why) {
    case "stopped":
      return r.endedBy ? `${nameOf(r.endedBy)} stopped the recording` : "The recording was stopped";
    case "exited":
      return "The recording ended with the terminal";
    case "cap":
      return "The recording ended: it is as large as one may be";
    case "quota":
      return "The recording ended: the machine’s recordings have all the room they may have";
    case "full":
      return "The recording ended: the machine’s disk is full";
    case "slow":
      return "The recording ended: the machine’s disk did not answer";
    default:
      return "The recording ended: it could not be written";
  }
}

/** Whether an end is none that somebody wanted. */
export function endedBadly(r: Recorder): boolean {
  return r.why !== "stopped" && r.why !== "exited";
}

/** A person's name without the device. */
export function nameOf(who: string): string {
  const at = who.lastIndexOf(" on ");
  return (at < 0 ? who : who.slice(0, at)) || "somebody";
}

/** What a recording is called. */
export function recordingName(r: Recording): string {
  return r.name || r.command.split(" ")[0]?.split("/").pop() || "shell";
}

export function recordingPath(r: { node: string; id: string }): string {
  return `/recordings/${encodeURIComponent(r.node)}/${encodeURIComponent(r.id)}`;
}
