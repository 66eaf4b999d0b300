import { useEffect, useRef } from "react";
import { hintPaste, pasteInto } from "./paste";
import { offerPasted } from "./send-files";
import { leaveKeys, pastesElsewhere } from "./shortcuts";
import type { OpenTerminal } from "./terminal";

/** The place where a terminal is shown. */
export function TerminalView({ terminal, label }: { terminal: OpenTerminal; label: string }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    terminal.show(place.current!);
    return () => terminal.hide();
  }, [terminal]);
  return (
    <div
      ref={place}
      role="region"
      aria-label={label}
      aria-description={`Press ${leaveKeys.replace("+", " ")} to leave the terminal with the keyboard.`}
      onPasteCapture={(e) => {
        // The emulator would type it as it is.
        e.preventDefault();
        e.stopPropagation();
        if (offerPasted(terminal, e.clipboardData)) return;
        pasteInto(terminal, e.clipboardData.getData("text/plain"));
      }}
      onKeyDownCapture={(e) => {
        if (pastesElsewhere(e.nativeEvent)) hintPaste();
        // A terminal that is over takes no Tab: it leads on through the page.
        const { phase } = terminal.attachment.state.get();
        if (e.key === "Tab" && (phase === "ended" || phase === "failed")) e.stopPropagation();
      }}
      className="absolute inset-0 overflow-hidden p-2 pr-0 pb-0 sm:p-3 sm:pr-1"
    />
  );
}
