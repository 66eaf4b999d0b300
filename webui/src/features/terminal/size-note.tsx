import type { Session, Whoami } from "@/gen/api";
import { useStore } from "@/lib/store";
import { presentName } from "./people";
import { usePresent } from "./people-menu";
import type { OpenTerminal } from "./terminal";

/** For whom a session has its size, where that is somebody else, and how to have one's own. */
export function SizeNote({ me, session, terminal }: { me: Whoami; session: Session | null; terminal: OpenTerminal }) {
  const { attachment } = terminal;
  const foreign = useStore(attachment.foreign);
  const shape = useStore(attachment.shape);
  const watching = useStore(attachment.watching);
  const heard = useStore(attachment.heard);
  const driver = usePresent(session, terminal, me).find((p) => p.drives);
  if (!foreign || !shape || session?.state !== "running") return null;
  const whose = !driver || driver.here ? "another screen" : driver.self ? driver.device || "your other screen" : presentName(driver);
  return (
    <div className="pointer-events-none absolute inset-x-0 bottom-0 z-[5] flex h-10 items-center justify-center gap-2 px-3 text-[0.8rem] text-muted">
      <span className="truncate rounded-full bg-surface/85 px-3 py-1">
        {shape.cols}×{shape.rows}, sized for {whose}
      </span>
      {watching === "no" && heard && (
        <button
          type="button"
          className="pointer-events-auto shrink-0 rounded-full border border-line bg-surface px-3 py-1 font-medium text-ink hover:bg-sunken pointer-coarse:min-h-9"
          onClick={() => {
            attachment.looks(true);
            terminal.focus();
          }}
        >
          Use my size
        </button>
      )}
    </div>
  );
}
