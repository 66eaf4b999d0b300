/** What became of a command line: its words, or why it has none. */
export type Split = { words: string[]; error: null } | { words: null; error: string };

/**
 * Splits a command line into words, as a shell does with quotes and
 * backslashes. Nothing is expanded: the words are passed to the program as they
 * are, without a shell.
 */
export function splitCommand(line: string): Split {
  const words: string[] = [];
  let word: string | null = null;
  let quote = "";
  for (let i = 0; i < line.length; i++) {
    const c = line[i]!;
    if (quote === "'") {
      if (c === "'") quote = "";
      else word += c;
    } else if (c === "\\") {
      const next = line[++i];
      if (next === undefined) return { words: null, error: "A backslash at the end stands before nothing." };
      // Between double quotes it protects only what is special there.
      word = (word ?? "") + (quote && !'"\\$`'.includes(next) ? `\\${next}` : next);
    } else if (quote === '"') {
      if (c === '"') quote = "";
      else word += c;
    } else if (c === "'" || c === '"') {
      quote = c;
      word ??= "";
    } else if (/\s/.test(c)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? "") + c;
  }
  if (quote) return { words: null, error: `A ${quote} is opened and not closed.` };
  if (word !== null) words.push(word);
  return { words, error: null };
}

/** A command line that splits into these words. */
export function joinCommand(words: string[]): string {
  return words.map((w) => (/^[\w@%+=:,./-]+$/.test(w) ? w : `'${w.replaceAll("'", `'\\''`)}'`)).join(" ");
}
