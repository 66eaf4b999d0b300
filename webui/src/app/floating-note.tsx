import type { ReactNode } from "react";

/** A line or two that float over the top of any page. */
export function FloatingNote({ role, children }: { role?: "status"; children: ReactNode }) {
  return (
    <div className="pointer-events-none fixed inset-x-3 top-16 z-30 flex justify-center">
      <div
        role={role}
        className="arrive pointer-events-auto flex max-w-lg items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 shadow-card"
      >
        {children}
      </div>
    </div>
  );
}
