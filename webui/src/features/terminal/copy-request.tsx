import { ClipboardCopy } from "lucide-react";
import { Button } from "@/components/ui/button";
import { toastDone, toastError } from "@/components/ui/toast";
import { useStore } from "@/lib/store";
import type { OpenTerminal } from "./terminal";

const SHOWN = 80;

/** Asks whether the program may copy. It takes no focus: who types types on. */
export function CopyRequest({ terminal, returnFocus }: { terminal: OpenTerminal; returnFocus: () => void }) {
  const wish = useStore(terminal.copies.wish);
  if (!wish) return null;
  const length = [...wish.text].length;
  const allow = async (always: boolean) => {
    try {
      await terminal.copies.allow(always);
      toastDone("Copied");
    } catch (err) {
      toastError("That could not be copied", err);
    }
    returnFocus();
  };
  return (
    <div
      role="region"
      aria-label="The program wants to copy"
      className="arrive absolute inset-x-2 top-2 z-20 mx-auto flex max-w-2xl flex-wrap items-center gap-x-3 gap-y-2 rounded-2xl border border-line bg-surface px-4 py-2.5 shadow-card"
    >
      <ClipboardCopy aria-hidden className="size-5 shrink-0 text-accent-ink" />
      <div role="status" className="min-w-48 flex-1 text-[0.95rem]">
        The program wants to copy {length === 1 ? "1 character" : `${length} characters`} to your clipboard.
        <span className="block truncate font-mono text-xs text-muted">{shown(wish.text)}</span>
      </div>
      <div className="flex flex-wrap gap-1.5">
        <Button look="primary" size="sm" onClick={() => void allow(false)}>
          Copy
        </Button>
        <Button
          size="sm"
          onClick={() => {
            terminal.copies.refuse();
            returnFocus();
          }}
        >
          Not now
        </Button>
        <Button look="ghost" size="sm" onClick={() => void allow(true)}>
          Always in this session
        </Button>
      </div>
    </div>
  );
}

/** The beginning of a text on one line, without what does not show. */
function shown(text: string): string {
  return text.slice(0, 4 * SHOWN).replace(/[\p{C}\p{Z}]+/gu, " ").trim().slice(0, SHOWN);
}
