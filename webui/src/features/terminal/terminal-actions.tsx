import {
  AArrowDown,
  AArrowUp,
  Accessibility,
  Bell,
  ChevronsDown,
  ChevronsUp,
  ClipboardPaste,
  Copy,
  CornerDownRight,
  Download,
  Ellipsis,
  FolderOpen,
  Expand,
  Eye,
  FastForward,
  FileUp,
  Keyboard,
  PencilLine,
  Power,
  Scaling,
  Search,
  Share2,
  Shrink,
  SquareX,
  TextSelect,
  Zap,
} from "lucide-react";
import type { Session } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { useStore } from "@/lib/store";
import { toastDone, toastError } from "@/components/ui/toast";
import { canFillScreen, fullScreen, getsAllKeys, toggleFullScreen } from "./full-screen";
import { RecordItems } from "./recordings/recorded";
import { change, settings } from "./settings";
import { ask } from "./dialogs";
import { earlierKeys, laterKeys, pasteKeys, searchKeys, snippetKeys, switchKeys } from "./shortcuts";
import { sessionName } from "./words";

interface Props {
  session: Session | null;
  mayType: boolean;
  /** Somebody only looks on here. */
  watching: boolean;
  onWatch: (watch: boolean) => void;
  onShare: () => void;
  onSearch: () => void;
  onCopy: () => void;
  onPaste: () => void;
  onCopyOutput: () => void;
  onJump: (by: -1 | 1) => void;
  onNotices: () => void;
  onSend: () => void;
  onGet: () => void;
  onShortcuts: () => void;
  onLabel: () => void;
  onSameFolder: () => void;
  onClose: () => void;
  onEnd: () => void;
  /** The menu has closed, and nothing else was opened from it. */
  onLeft: () => void;
}

async function fill(full: boolean): Promise<void> {
  try {
    await toggleFullScreen();
    if (!full) toastDone(getsAllKeys ? "All keys go to the terminal. Hold Esc to leave." : "Press Esc to leave. Ctrl+W still closes the tab.");
  } catch (err) {
    toastError("The browser did not give Homie the whole screen", err);
  }
}

/** What can be done with the terminal that is shown. */
export function TerminalActions(props: Props) {
  const { session, mayType, watching, onWatch, onShare, onSearch, onCopy, onPaste, onSend, onGet, onCopyOutput, onJump, onNotices, onShortcuts, onLabel, onSameFolder, onClose, onEnd, onLeft } = props;
  const { fontSize, screenReader, scale, typeAhead } = useStore(settings);
  const full = useStore(fullScreen);
  return (
    <div role="toolbar" aria-label="Terminal" className="flex shrink-0 items-center">
      <Button look="ghost" size="iconSm" aria-label="Search" title={`Search (${searchKeys})`} onClick={onSearch}>
        <Search aria-hidden />
      </Button>
      <Menu
        trigger={
          <Button look="ghost" size="iconSm" aria-label="More" title="More">
            <Ellipsis aria-hidden />
          </Button>
        }
        onCloseAutoFocus={(e) => {
          e.preventDefault();
          // A dialog that was opened from the menu keeps the focus.
          setTimeout(() => !document.querySelector('[role="dialog"]') && onLeft(), 0);
        }}
      >
        {session && (
          <MenuLabel>
            {session.node} · {sessionName(session)} · as {session.account}
          </MenuLabel>
        )}
        <MenuItem onSelect={onCopy}>
          <TextSelect aria-hidden />
          Select and copy text
        </MenuItem>
        <MenuItem onSelect={onCopyOutput}>
          <Copy aria-hidden />
          Copy the last command’s output
        </MenuItem>
        <MenuItem onSelect={() => onJump(-1)}>
          <ChevronsUp aria-hidden />
          Previous prompt
          <Keys>{earlierKeys}</Keys>
        </MenuItem>
        <MenuItem onSelect={() => onJump(1)}>
          <ChevronsDown aria-hidden />
          Next prompt
          <Keys>{laterKeys}</Keys>
        </MenuItem>
        {mayType && !watching && (
          <MenuItem onSelect={onPaste}>
            <ClipboardPaste aria-hidden />
            Paste
            <Keys>{pasteKeys}</Keys>
          </MenuItem>
        )}
        {mayType && session && (
          <>
            <MenuLine />
            <MenuItem onSelect={onSend}>
              <FileUp aria-hidden />
              Send files
            </MenuItem>
            <MenuItem onSelect={onGet}>
              <Download aria-hidden />
              Get a file
            </MenuItem>
          </>
        )}
        <MenuLine />
        <MenuItem onSelect={() => ask({ what: "switch" })}>
          <CornerDownRight aria-hidden />
          Go to a session
          <Keys>{switchKeys}</Keys>
        </MenuItem>
        {mayType && (
          <>
            <MenuItem onSelect={() => ask({ what: "snippets" })}>
              <Zap aria-hidden />
              Quick commands
              <Keys>{snippetKeys}</Keys>
            </MenuItem>
            <MenuItem onSelect={onSameFolder}>
              <FolderOpen aria-hidden />
              New terminal in the same folder
            </MenuItem>
            <MenuItem onSelect={onLabel}>
              <PencilLine aria-hidden />
              Name and group
            </MenuItem>
          </>
        )}
        <MenuLine />
        {session?.state === "running" && (
          <MenuItem onSelect={onShare}>
            <Share2 aria-hidden />
            Share…
          </MenuItem>
        )}
        {session?.state === "running" && mayType && (
          <MenuChoice checked={watching} onSelect={() => onWatch(!watching)}>
            <Eye aria-hidden />
            Just watch
          </MenuChoice>
        )}
        <RecordItems session={session} mayType={mayType} />
        <MenuLine />
        <MenuItem
          onSelect={(e) => {
            e.preventDefault(); // stays open: it is pressed several times
            change({ fontSize: fontSize + 1 });
          }}
        >
          <AArrowUp aria-hidden />
          Larger text
        </MenuItem>
        <MenuItem
          onSelect={(e) => {
            e.preventDefault();
            change({ fontSize: fontSize - 1 });
          }}
        >
          <AArrowDown aria-hidden />
          Smaller text
        </MenuItem>
        <MenuChoice checked={scale} onSelect={() => change({ scale: !scale })}>
          <Scaling aria-hidden />
          Shrink other screens to fit
        </MenuChoice>
        <MenuChoice checked={screenReader} onSelect={() => change({ screenReader: !screenReader })}>
          <Accessibility aria-hidden />
          Readable for screen readers
        </MenuChoice>
        <MenuChoice checked={typeAhead} onSelect={() => change({ typeAhead: !typeAhead })}>
          <FastForward aria-hidden />
          Show typing at once when far away
        </MenuChoice>
        {canFillScreen && (
          <MenuItem onSelect={() => void fill(full)}>
            {full ? <Shrink aria-hidden /> : <Expand aria-hidden />}
            {full ? "Leave full screen" : getsAllKeys ? "Full screen, with all keys" : "Full screen"}
          </MenuItem>
        )}
        <MenuItem onSelect={onNotices}>
          <Bell aria-hidden />
          Notifications
        </MenuItem>
        <MenuItem onSelect={onShortcuts}>
          <Keyboard aria-hidden />
          Keyboard shortcuts
        </MenuItem>
        <MenuLine />
        <MenuItem onSelect={onClose}>
          <SquareX aria-hidden />
          Close the tab, keep it running
        </MenuItem>
        {mayType && (
          <MenuItem danger onSelect={onEnd}>
            <Power aria-hidden />
            End session
          </MenuItem>
        )}
      </Menu>
    </div>
  );
}

function Keys({ children }: { children: string }) {
  return <span className="ml-auto pl-4 text-sm whitespace-nowrap text-muted pointer-coarse:hidden">{children}</span>;
}
