/** What to run on a computer that should join this home. */
export function JoinCommand() {
  return <pre className="my-4 rounded-xl bg-sunken px-4 py-3 font-mono text-sm text-ink">homie node --gateway homie</pre>;
}
