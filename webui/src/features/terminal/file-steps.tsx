import { Download } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { toastError } from "@/components/ui/toast";
import { bytes, list } from "@/lib/format";
import { useStore } from "@/lib/store";
import { localError } from "@/rpc/errors";
import { answerOffer, baseName, fileAddress, offer, visible, type Offer } from "./offers";
import { hasFiles, pastedFiles, sendDropped } from "./send-files";
import type { OpenTerminal } from "./terminal";
import { UploadPanel, uploads } from "./upload-panel";

/** Files that go to a terminal or come from it: dropped, pasted, on their way, offered. */
export function FileSteps({ terminal, returnFocus }: { terminal: OpenTerminal; returnFocus: () => void }) {
  const offered = useStore(offer);
  return (
    <>
      <UploadPanel terminal={terminal} />
      {offered?.terminal === terminal && <OfferCard offer={offered} returnFocus={returnFocus} />}
      <Pasted terminal={terminal} returnFocus={returnFocus} />
    </>
  );
}

/** Where files can be dropped; while some are above it, it says where they would go. */
export function DropZone({ terminal, mayType, children }: { terminal: OpenTerminal; mayType: boolean; children: ReactNode }) {
  const [over, setOver] = useState(false);
  const [dir, setDir] = useState<string | null>(null);
  useEffect(() => {
    if (!over) return;
    let gone = false;
    setDir(null);
    client.call("terminal.file.list", terminal.tab).then(
      (folder) => gone || setDir(folder.dir),
      () => {}, // what keeps it from being known, the upload says
    );
    return () => {
      gone = true;
    };
  }, [over, terminal]);
  return (
    <div
      className="absolute inset-0"
      onDragOver={(e) => {
        if (!hasFiles(e.dataTransfer)) return;
        e.preventDefault(); // a browser would open what is dropped
        e.dataTransfer.dropEffect = mayType ? "copy" : "none";
        if (mayType) setOver(true);
      }}
      onDragLeave={(e) => e.currentTarget.contains(e.relatedTarget as Node | null) || setOver(false)}
      onDrop={(e) => {
        if (!hasFiles(e.dataTransfer)) return;
        e.preventDefault();
        setOver(false);
        if (mayType) sendDropped(terminal, e.dataTransfer);
      }}
    >
      {children}
      {over && (
        <div className="pointer-events-none absolute inset-2 z-20 grid place-items-center rounded-2xl border-2 border-dashed border-accent bg-surface/90 p-6 text-center">
          <div>
            <p className="font-display text-xl font-semibold">Drop to send</p>
            <p className="mt-1 text-muted wrap-anywhere">
              to <b className="text-ink">{dir ? visible(dir) : "the terminal’s folder"}</b> on {terminal.tab.node}
            </p>
          </div>
        </div>
      )}
    </div>
  );
}

/** What a program in the terminal offers. Nothing is fetched before a click. */
function OfferCard({ offer: { terminal, path, size }, returnFocus }: { offer: Offer; returnFocus: () => void }) {
  const answer = () => {
    answerOffer();
    returnFocus();
  };
  const save = () => {
    answer();
    void saveFile(fileAddress(terminal.tab, path));
  };
  return (
    <div
      role="dialog"
      aria-label="A file is offered"
      onKeyDown={(e) => e.key === "Escape" && answer()}
      className="arrive absolute right-2 bottom-2 left-2 z-20 rounded-2xl border border-line bg-surface p-4 shadow-card sm:left-auto sm:w-96"
    >
      <p className="wrap-anywhere">
        A program on <b>{terminal.tab.node}</b> offers you <b>{visible(baseName(path))}</b>
        {size !== null && `, ${bytes(size)}`}.
      </p>
      <p className="mt-1 max-h-24 overflow-y-auto text-sm text-muted wrap-anywhere">{visible(path)}</p>
      <div className="mt-3 flex justify-end gap-2">
        <Button size="sm" onClick={answer}>
          Dismiss
        </Button>
        <Button size="sm" look="primary" onClick={save}>
          <Download aria-hidden />
          Save
        </Button>
      </div>
    </div>
  );
}

/** Saves a file, or says why it can't be. */
async function saveFile(address: string): Promise<void> {
  try {
    const answer = await fetch(address, { headers: { Range: "bytes=0-0" } });
    if (!answer.ok && answer.status !== 416) { // an empty file has no first byte
      throw localError("not_found", (await answer.text()).trim());
    }
    const link = document.createElement("a");
    link.href = address;
    link.download = "";
    link.click();
  } catch (err) {
    toastError("The file was not saved", err);
  }
}

function Pasted({ terminal, returnFocus }: { terminal: OpenTerminal; returnFocus: () => void }) {
  const waiting = useStore(pastedFiles);
  const files = waiting?.terminal === terminal ? waiting.files : [];
  return (
    <Confirm
      open={files.length > 0}
      onOpenChange={(open) => !open && pastedFiles.set(null)}
      returnFocus={returnFocus}
      title={files.length === 1 ? "Send this file?" : `Send ${files.length} files?`}
      description={
        <>
          There is no text on the clipboard, but {list(files.map((f) => `${visible(f.name)} (${bytes(f.size)})`))}. It can be sent to the
          terminal’s folder on <b className="text-ink">{terminal.tab.node}</b>.
        </>
      }
      keep="Don’t send"
      action="Send"
      onConfirm={() => uploads.add(terminal.tab, files)}
    />
  );
}
