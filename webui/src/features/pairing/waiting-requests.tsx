import { DoorOpen } from "lucide-react";
import { buttonClass } from "@/components/ui/button";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { list } from "@/lib/format";
import { pairings } from "./pairings";

/** A note on the first page that a machine waits at the door. */
export function WaitingRequests() {
  const state = useLive(pairings);
  if (state.status !== "ready" || state.value.requests.length === 0) return null;
  const names = state.value.requests.map((r) => r.name);
  return (
    <div
      role="status"
      className="mb-5 flex flex-wrap items-center gap-x-4 gap-y-3 rounded-(--radius-card) bg-accent-soft p-4 pl-5"
    >
      <DoorOpen aria-hidden className="size-6 shrink-0 text-accent-ink" />
      <p className="min-w-40 flex-1 font-medium">
        {list(names)} {names.length === 1 ? "asks" : "ask"} to join this home.
      </p>
      <Link href="/pairing" className={buttonClass({ look: "primary" })}>
        Have a look
      </Link>
    </div>
  );
}
