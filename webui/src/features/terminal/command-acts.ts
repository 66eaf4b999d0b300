import type { Terminal } from "@xterm/xterm";
import { toastDone, toastError } from "@/components/ui/toast";
import { copyText } from "@/lib/clipboard";
import { Store } from "@/lib/store";
import { localError } from "@/rpc/errors";
import { commandText, outputText, standing, type Command, type Marks } from "./marks";
import { linesOf, pasting } from "./paste";
import type { OpenTerminal } from "./terminal";

/** What a screen reader is told of a jump. */
export const spoken = new Store("");

export async function copyCommand(text: string): Promise<void> {
  await copy(text, "The command is copied");
}

export async function copyOutput(term: Terminal, command: Command): Promise<void> {
  const text = outputText(term, command);
  if (text === "") toastDone("It printed nothing");
  else await copy(text, "The output is copied");
}

/** Copies what the last command printed that has ended, or else the one that runs. */
export async function copyLastOutput(terminal: OpenTerminal): Promise<void> {
  const engine = terminal.engine.get();
  const last = engine && lastCommand(engine.marks);
  if (engine && last) await copyOutput(engine.term, last);
  else toastError("There is nothing to copy", localError("not_found", "The shell here does not say where a command begins, or none has run."));
}

/** Types a command once more; several lines are asked for first. */
export function runAgain(terminal: OpenTerminal, text: string): void {
  const marks = terminal.engine.get()?.marks;
  const last = marks?.commands.at(-1);
  if (!last || standing(last) !== "typing") {
    toastError("That was not run", localError("busy", "Another command runs here. Wait until it has ended."));
    return;
  }
  if (linesOf(text).length > 1) pasting.set({ step: "ask", terminal, text, enter: false });
  else terminal.type(`${text}\r`);
  terminal.toBottom();
}

/** Scrolls to the prompt before or after what is at the top. */
export function jump(terminal: OpenTerminal, by: -1 | 1): void {
  const engine = terminal.engine.get();
  if (!engine) return;
  const { term, marks } = engine;
  const all = marks.commands;
  const top = term.buffer.active.viewportY;
  const next = by < 0 ? all.findLast((c) => c.prompt.line < top) : all.find((c) => c.prompt.line > top);
  if (!next) {
    if (by > 0) term.scrollToBottom();
    spoken.set(all.length === 0 ? "There are no prompts here." : by < 0 ? "This is the first prompt." : "This is the end.");
    return;
  }
  term.scrollToLine(next.prompt.line);
  spoken.set(`Prompt ${all.indexOf(next) + 1} of ${all.length}: ${commandText(term, next) || "empty"}`);
}

function lastCommand(marks: Marks): Command | undefined {
  return marks.commands.findLast((c) => c.output !== null);
}

async function copy(text: string, done: string): Promise<void> {
  try {
    await copyText(text);
    toastDone(done);
  } catch (err) {
    toastError("That could not be copied", err);
  }
}
