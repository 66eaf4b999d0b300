import type { ReactNode } from "react";
import { usePath } from "@/lib/router";

/**
 * A line or two above a page, which makes room for it. A terminal would change
 * its size for everybody in it: there it floats, below the tabs.
 */
export function FloatingNote({ role, children }: { role?: "status"; children: ReactNode }) {
  const terminal = usePath().startsWith("/terminal/");
  return (
    <div
      className={
        terminal
          ? "pointer-events-none fixed inset-x-3 top-[calc(var(--vvt,0px)+6.75rem)] z-30 flex justify-center in-data-keyboard:top-[calc(var(--vvt,0px)+3.5rem)] short:top-[calc(var(--vvt,0px)+3.5rem)]"
          : "pointer-events-none sticky top-2 z-30 flex justify-center px-3 py-1"
      }
    >
      <div
        role={role}
        className="arrive pointer-events-auto flex max-w-lg items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 shadow-card"
      >
        {children}
      </div>
    </div>
  );
}
