import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { TOUCH, useMedia } from "@/lib/media";
import { useStore } from "@/lib/store";
import { linesOf, pasteInto, pasteNow, pasting } from "./paste";
import { fieldPasteKeys } from "./shortcuts";
import type { OpenTerminal } from "./terminal";

const SHOWN_LINES = 6;

/** What a paste into this terminal waits for, if it waits. */
export function PasteSteps({ terminal, returnFocus }: { terminal: OpenTerminal; returnFocus: () => void }) {
  const waiting = useStore(pasting);
  useEffect(() => () => pasting.set(null), [terminal]);
  const mine = waiting?.terminal === terminal ? waiting : null;
  return (
    <>
      <Ask text={mine?.step === "ask" ? mine.text : null} enter={mine?.step === "ask" && mine.enter} terminal={terminal} returnFocus={returnFocus} />
      {mine?.step === "field" && <Field terminal={terminal} returnFocus={returnFocus} />}
    </>
  );
}

function Ask({ text, enter, terminal, returnFocus }: { text: string | null; enter: boolean; terminal: OpenTerminal; returnFocus: () => void }) {
  const lines = linesOf(text ?? "");
  const rest = lines.length - SHOWN_LINES;
  return (
    <Confirm
      open={text !== null}
      onOpenChange={(open) => !open && pasting.set(null)}
      returnFocus={returnFocus}
      title={`Paste ${lines.length} lines?`}
      description={
        <>
          The program in the terminal takes them as if you typed them: in a shell, each line runs at once.
          <pre className="mt-3 max-h-48 overflow-auto rounded-xl bg-sunken p-3 font-mono text-[0.8rem] text-ink">
            {lines.slice(0, SHOWN_LINES).join("\n")}
          </pre>
          {rest > 0 && <p className="mt-2 text-sm">{rest === 1 ? "and 1 more line" : `and ${rest} more lines`}</p>}
        </>
      }
      keep="Don’t paste"
      action="Paste them"
      onConfirm={() => pasteNow(terminal, text ?? "", enter)}
    />
  );
}

/** A field that the system's own paste works in. It stands clear of the keys. */
function Field({ terminal, returnFocus }: { terminal: OpenTerminal; returnFocus: () => void }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const touch = useMedia(TOUCH);
  useEffect(() => field.current?.focus(), []);
  const close = () => {
    pasting.set(null);
    returnFocus();
  };
  const take = (text: string) => {
    close();
    pasteInto(terminal, text);
  };
  const how = touch ? "Long-press, then Paste" : `Press ${fieldPasteKeys} here`;
  return (
    <div
      role="dialog"
      aria-label="Paste"
      className="arrive absolute top-2 right-2 left-2 z-20 rounded-2xl border border-line bg-surface p-3 shadow-card sm:left-auto sm:w-[26rem]"
      onKeyDown={(e) => e.key === "Escape" && close()}
    >
      <div className="flex items-start justify-between gap-3">
        <p className="py-1.5 pl-1 text-sm text-muted">The browser does not let Homie read the clipboard.</p>
        <Button look="ghost" size="iconSm" aria-label="Close" onClick={close}>
          <X aria-hidden />
        </Button>
      </div>
      <div className="flex items-stretch gap-2">
        <textarea
          ref={field}
          rows={1}
          aria-label={how}
          placeholder={how}
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          onPaste={(e) => {
            e.preventDefault();
            take(e.clipboardData.getData("text/plain"));
          }}
          className="min-h-11 min-w-0 flex-1 resize-none rounded-xl border border-line-strong/60 bg-transparent px-3 py-2 text-base placeholder:text-muted"
        />
        {/* Some keyboards insert their own clipboard as if it were typed. */}
        <Button look="soft" onClick={() => take(field.current?.value ?? "")}>
          Paste
        </Button>
      </div>
    </div>
  );
}
