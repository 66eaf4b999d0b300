import { useEffect, useRef } from "react";
import type { OpenTerminal } from "./terminal";

/** The place where a terminal is shown. */
export function TerminalView({ terminal, label }: { terminal: OpenTerminal; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    terminal.show(place.current!);
    terminal.focus();
    return () => terminal.hide();
  }, [terminal]);
  return (
    <div
      ref={place}
      role="region"
      aria-label={label}
      aria-description="Press Control F6 to leave the terminal with the keyboard."
      className="absolute inset-0 overflow-hidden p-2 pr-0 pb-0 sm:p-3 sm:pr-1"
    />
  );
}
