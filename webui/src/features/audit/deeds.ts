const deeds: Record<string, string> = {
  "terminal.session.start": "opened a terminal:",
  "terminal.session.attach": "looked into a terminal:",
  "terminal.session.input": "typed into a terminal:",
  "terminal.session.resize": "resized a terminal:",
  "terminal.session.kill": "ended a terminal:",
  "terminal.session.list": "asked for the list of terminals",
  "pairing.approve": "let a machine join:",
  "pairing.reject": "turned a machine away:",
  "pairing.revoke": "removed a machine:",
  "pairing.forget": "forgot a machine:",
  "pairing.list": "asked which machines wait to join",
  "presence.list": "asked for the machines",
  "audit.list": "asked for the activity",
  "node.register": "brought a machine to the door:",
};

/** A method's name as something a person did. */
export function deed(method: string): string {
  return deeds[method] ?? `used ${method}`;
}
