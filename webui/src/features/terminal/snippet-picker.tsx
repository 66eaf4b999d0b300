import { CornerDownLeft, Pencil, Plus, TextCursorInput } from "lucide-react";
import type { Snippet } from "@/gen/api";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";
import { useCan } from "@/features/identity/rights";
import { ask } from "./dialogs";
import { snippets, useKept } from "./kept";
import { linesOf, pasteInto } from "./paste";
import { Picker, type Choice } from "./picker";
import { byUse, noteUse, recent } from "./recent";
import type { OpenTerminal } from "./terminal";

/** Types a quick command, and runs it if it is one that runs. Several lines ask first, as a paste does. */
export function typeSnippet(terminal: OpenTerminal, s: Snippet): void {
  noteUse(s.id);
  const text = linesOf(s.text).join("\n");
  if (text.includes("\n")) pasteInto(terminal, text, s.run);
  else terminal.type(s.run ? `${text}\r` : text);
}

interface Props {
  /** Where it is typed; null: nowhere, they are only looked after. */
  terminal: OpenTerminal | null;
  onClose: () => void;
  returnFocus?: (() => void) | undefined;
}

/** The quick commands for this machine, those used last first. */
export function SnippetPicker({ terminal, onClose, returnFocus }: Props) {
  const state = useKept(snippets, true);
  const used = useStore(recent);
  const mayShare = useCan("sharing:write");
  const all = state.value ?? [];
  const here = all.filter((s) => !terminal || !s.node || s.node === terminal.tab.node);
  const choices: Choice[] = byUse(here, (s) => s.id, used).map((s) => ({
    id: s.id,
    heading: terminal ? `Type into the terminal on ${terminal.tab.node}` : "All",
    title: s.name,
    about: s.text.replaceAll("\n", " ⏎ "),
    icon: s.run ? <CornerDownLeft aria-label="runs at once" /> : <TextCursorInput aria-label="is only typed" />,
    badge: s.shared && <Badge>shared</Badge>,
    words: s.text,
    choose: () => (terminal ? typeSnippet(terminal, s) : ask({ what: "snippet", snippet: s })),
  }));
  const byId = (id: string | undefined) => all.find((s) => s.id === id);
  return (
    <Picker
      title="Quick commands"
      label="Name or text"
      choices={choices}
      empty={state.error ? state.error.message : "None yet. Keep here what you type often."}
      onClose={onClose}
      returnFocus={returnFocus}
      foot={(marked) => {
        const one = byId(marked?.id);
        const mayEdit = one && (!one.shared || mayShare);
        return (
          <div className="mt-3 flex flex-wrap gap-2">
            <Button size="sm" onClick={() => ask({ what: "snippet", snippet: null })}>
              <Plus aria-hidden />
              New quick command
            </Button>
            {mayEdit && (
              <Button size="sm" look="ghost" className="max-w-full" onClick={() => ask({ what: "snippet", snippet: one })}>
                <Pencil aria-hidden />
                <span className="truncate">Edit “{one.name}”</span>
              </Button>
            )}
          </div>
        );
      }}
    />
  );
}
