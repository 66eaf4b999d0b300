import { CornerLeftUp, Download, File as FileIcon, Folder as FolderIcon, FileQuestion, House } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "@/app/client";
import type { Folder, FolderEntry } from "@/gen/api";
import { Button, buttonClass } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Failed, Loading } from "@/components/ui/states";
import { ago, bytes } from "@/lib/format";
import { asRpcError, type RpcError } from "@/rpc/errors";
import { fileAddress, visible } from "./offers";
import type { Tab } from "./tabs";

/** A list of a folder of the machine, from which files are saved to this device. */
export function DownloadSheet({ tab, onClose, returnFocus }: { tab: Tab | null; onClose: () => void; returnFocus: () => void }) {
  return (
    <Dialog
      open={tab !== null}
      onOpenChange={(open) => !open && onClose()}
      title={tab ? `Get a file from ${tab.node}` : ""}
      wide
      returnFocus={returnFocus}
    >
      {tab && <Browser tab={tab} />}
    </Dialog>
  );
}

function Browser({ tab }: { tab: Tab }) {
  const [dir, setDir] = useState<string | undefined>(undefined);
  const [folder, setFolder] = useState<Folder | null>(null);
  const [error, setError] = useState<RpcError | null>(null);
  const [tries, setTries] = useState(0);
  const [wanted, setWanted] = useState("");

  useEffect(() => {
    let gone = false;
    setError(null);
    client.call("terminal.file.list", { ...tab, ...(dir === undefined ? null : { dir }) }).then(
      (f) => {
        if (gone) return;
        setFolder(f);
        setWanted("");
      },
      (err) => gone || setError(asRpcError(err)),
    );
    return () => {
      gone = true;
    };
  }, [tab, dir, tries]);

  if (error) {
    return (
      <div className="mt-4">
        <Failed error={error} onRetry={() => setTries((n) => n + 1)} />
        {folder && (
          <Button className="mt-3" onClick={() => setDir(folder.dir)}>
            Back to {visible(folder.dir)}
          </Button>
        )}
      </div>
    );
  }
  if (!folder) return <Loading what={`the folder on ${tab.node}`} />;
  const shown = sorted(folder.entries).filter((e) => e.name.toLowerCase().includes(wanted.toLowerCase()));
  return (
    <>
      <div className="mt-3 flex items-center gap-1">
        <Button look="ghost" size="icon" aria-label="Folder above" title="Folder above" disabled={folder.dir === "/"} onClick={() => setDir(above(folder.dir))}>
          <CornerLeftUp aria-hidden />
        </Button>
        <Button look="ghost" size="icon" aria-label="Home folder" title="Home folder" onClick={() => setDir(folder.home)}>
          <House aria-hidden />
        </Button>
        <p aria-live="polite" className="min-w-0 flex-1 px-2 font-mono text-sm wrap-anywhere">
          {visible(folder.dir)}
        </p>
      </div>
      <input
        data-first
        type="search"
        value={wanted}
        onChange={(e) => setWanted(e.target.value)}
        aria-label="Find in this folder"
        placeholder="Find in this folder"
        autoCapitalize="off"
        spellCheck={false}
        className="mt-2 min-h-11 rounded-xl border border-line-strong/60 bg-transparent px-3 text-base placeholder:text-muted"
      />
      <ul aria-label={`What is in ${visible(folder.dir)}`} className="mt-2 min-h-40 flex-1 overflow-y-auto sm:h-[45dvh] sm:flex-none">
        {shown.map((e) => (
          <Row key={e.name} entry={e} tab={tab} path={join(folder.dir, e.name)} onOpen={setDir} />
        ))}
        {shown.length === 0 && <li className="px-3 py-8 text-center text-muted">{wanted ? "Nothing here has that in its name." : "This folder is empty."}</li>}
      </ul>
      {folder.more && <p className="mt-2 text-sm text-muted">There is more than fits here. Type the name into the terminal: homie get NAME.</p>}
    </>
  );
}

const row = "flex min-h-11 w-full items-center gap-3 rounded-xl px-3 py-1.5 text-left [&_svg]:size-[1.15em] [&_svg]:shrink-0";

function Row({ entry, tab, path, onOpen }: { entry: FolderEntry; tab: Tab; path: string; onOpen: (dir: string) => void }) {
  const name = <span className="min-w-0 flex-1 wrap-anywhere">{visible(entry.name)}</span>;
  if (entry.kind === "folder") {
    return (
      <li>
        <button type="button" className={`${row} hover:bg-sunken`} onClick={() => onOpen(path)} aria-label={`${visible(entry.name)}, folder`}>
          <FolderIcon aria-hidden className="text-accent-ink" />
          {name}
        </button>
      </li>
    );
  }
  if (entry.kind !== "file") {
    return (
      <li className={`${row} text-muted`}>
        <FileQuestion aria-hidden />
        {name}
        <span className="text-sm">no file</span>
      </li>
    );
  }
  return (
    <li className={row}>
      <FileIcon aria-hidden className="text-muted" />
      <span className="flex min-w-0 flex-1 flex-col sm:flex-row sm:items-baseline sm:gap-3">
        {name}
        <span className="shrink-0 text-sm text-muted tabular-nums">
          {bytes(entry.size)} · {ago(entry.modifiedAt)}
        </span>
      </span>
      <a href={fileAddress(tab, path)} download aria-label={`Save ${visible(entry.name)}`} className={buttonClass({ look: "soft", size: "iconSm" })}>
        <Download aria-hidden />
      </a>
    </li>
  );
}

/** Folders first, hidden things last. */
function sorted(entries: FolderEntry[]): FolderEntry[] {
  const rank = (e: FolderEntry) => (e.name.startsWith(".") ? 2 : 0) + (e.kind === "folder" ? 0 : 1);
  return [...entries].sort((a, b) => rank(a) - rank(b) || a.name.localeCompare(b.name, undefined, { numeric: true }));
}

function above(dir: string): string {
  return dir.slice(0, dir.lastIndexOf("/")) || "/";
}

function join(dir: string, name: string): string {
  return dir === "/" ? `/${name}` : `${dir}/${name}`;
}
