import { useLayoutEffect, useRef } from "react";
import { CopyButton } from "@/components/ui/copy-button";
import { Dialog } from "@/components/ui/dialog";

/** A terminal's text as ordinary text, which a finger can select. */
export function CopySheet({ text, onClose, returnFocus }: { text: string | null; onClose: () => void; returnFocus: () => void }) {
  return (
    <Dialog
      open={text !== null}
      onOpenChange={(open) => !open && onClose()}
      title="Select and copy"
      wide
      returnFocus={returnFocus}
    >
      <Text text={text ?? ""} />
      <div className="mt-4 flex justify-end">
        <CopyButton text={text ?? ""} look="primary">
          Copy everything
        </CopyButton>
      </div>
    </Dialog>
  );
}

function Text({ text }: { text: string }) {
  const field = useRef<HTMLPreElement>(null);
  // The newest output is at the end.
  useLayoutEffect(() => {
    if (field.current) field.current.scrollTop = field.current.scrollHeight;
  }, []);
  return (
    <pre
      ref={field}
      data-first
      tabIndex={0}
      aria-label="Text of the terminal"
      className="mt-4 min-h-32 flex-1 overflow-auto rounded-xl bg-sunken p-4 font-mono text-[0.8rem] leading-relaxed select-text"
    >
      {text || "Nothing has been written yet."}
    </pre>
  );
}
