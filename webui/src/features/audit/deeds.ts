/** What was done, what somebody wanted to do who could not, and what joins its target. */
const deeds: Record<string, [did: string, wanted: string, to: string]> = {
  "terminal.session.start": ["opened a terminal", "open a terminal", " on"],
  "terminal.session.attach": ["looked into a terminal", "look into a terminal", " on"],
  "terminal.session.input": ["typed into a terminal", "type into a terminal", " on"],
  "terminal.session.resize": ["resized a terminal", "resize a terminal", " on"],
  "terminal.session.kill": ["ended a terminal", "end a terminal", " on"],
  "terminal.session.list": ["asked for the terminals", "know the terminals", " on"],
  "terminal.session.changed": ["followed the terminals", "follow the terminals", ""],
  "terminal.file.list": ["looked into a folder", "look into a folder", " on"],
  "terminal.file.read": ["got a file", "get a file", " from"],
  "terminal.file.write": ["sent a file", "send a file", " to"],
  "terminal.recording.start": ["began to record a terminal", "record a terminal", " on"],
  "terminal.recording.stop": ["stopped recording a terminal", "stop recording a terminal", " on"],
  "terminal.recording.read": ["played a recording", "play a recording", ":"],
  "terminal.recording.delete": ["deleted a recording", "delete a recording", ":"],
  "terminal.recording.list": ["asked for the recordings", "know the recordings", " on"],
  "pairing.approve": ["let a machine join", "let a machine join", ":"],
  "pairing.reject": ["turned a machine away", "turn a machine away", ":"],
  "pairing.revoke": ["removed a machine", "remove a machine", ":"],
  "pairing.forget": ["forgot a machine", "forget a machine", ":"],
  "pairing.list": ["asked which machines wait to join", "know which machines wait to join", ""],
  "pairing.changed": ["followed who asks to join", "follow who asks to join", ""],
  "presence.list": ["asked for the machines", "know the machines", ""],
  "presence.changed": ["followed the machines", "follow the machines", ""],
  "audit.list": ["asked for the activity", "know the activity", ""],
  "stepup.confirmation.answer": ["answered a question", "answer a question", ":"],
  "stepup.confirmation.passkey": ["confirmed it by a passkey", "confirm something by a passkey", ":"],
  "stepup.confirmation.code": ["confirmed it by a code", "confirm something by a code", ":"],
  "stepup.passkey.prepare": ["began to add a passkey", "add a passkey", ""],
  "stepup.passkey.create": ["added a passkey", "add a passkey", ":"],
  "stepup.passkey.update": ["renamed a passkey", "rename a passkey", ":"],
  "stepup.passkey.delete": ["removed a passkey", "remove a passkey", ":"],
  "stepup.code.create": ["made a one-time code", "make a one-time code", ""],
  "stepup.device.update": ["said that the device", "say that the device", ""],
  "stepup.end": ["had the device ask again", "have the device ask again", ""],
  "node.register": ["came to join", "join", ""],
};

/** A method's name as something that somebody did, or wanted to do. */
export function deed(method: string, done: boolean, target: string): string {
  const [did, wanted, to] = deeds[method] ?? [`used ${method}`, `use ${method}`, ":"];
  return (done ? did : `wanted to ${wanted}`) + (target ? `${to} ${target}` : "");
}
