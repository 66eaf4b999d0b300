import type { Whoami } from "@/gen/api";
import { Mark } from "@/components/mark";
import { Card } from "@/components/ui/card";
import { Row } from "@/components/ui/row";
import { osName } from "@/lib/format";
import { usePath } from "@/lib/router";
import { DeviceAsks } from "@/features/pairing/device-asks";
import { terminalNeeds } from "@/features/terminal/link";
import { AskFor } from "./ask-for";
import { Avatar } from "./avatar";
import { shortName } from "./rights";

/** What someone sees whom the tailnet knows and nobody has let in yet. */
export function VisitorPage({ me }: { me: Whoami }) {
  return (
    <div className="mx-auto max-w-2xl pt-8 pb-16 sm:pt-14">
      <Mark className="size-14" />
      <h1 className="mt-6 font-display text-3xl leading-tight font-semibold tracking-tight sm:text-4xl">
        Hello {shortName(me)}, you found the door.
      </h1>
      <p className="mt-3 text-lg text-muted">
        This is the private Homie of a household. It knows who you are, but nobody has let you in yet.
      </p>

      <Card className="mt-8 p-5 sm:p-6">
        <div className="flex items-center gap-4">
          <Avatar me={me} className="size-12 text-2xl" />
          <div className="min-w-0">
            <h2 className="truncate font-display text-xl font-semibold">{me.name}</h2>
            {me.person && <p className="truncate text-muted">{me.person.login}</p>}
          </div>
        </div>
        {me.device && (
          <dl className="mt-4 border-t border-line pt-4">
            <Row name="This device">
              {me.device.name}
              {me.device.os && <span className="text-muted"> · {osName(me.device.os)}</span>}
            </Row>
          </dl>
        )}
      </Card>

      {me.class === "tagged" && <DeviceAsks me={me} />}
      {me.askFor && <HowToGetIn me={me} />}

      <p role="status" className="mt-8 flex items-center gap-3 text-muted">
        <span aria-hidden className="breathe size-2.5 shrink-0 rounded-full bg-lamp" />
        You can leave this page open. It lets you in by itself as soon as someone says yes.
      </p>
    </div>
  );
}

function HowToGetIn({ me }: { me: Whoami }) {
  const path = usePath();
  const terminal = terminalNeeds(path);
  return (
    <Card className="mt-5 p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">How to get in</h2>
      <p className="mt-1 text-muted">
        {terminal && `Somebody gave you a link to a terminal on ${terminal.node}. `}
        Ask the person who runs this home. Send them this; it is exactly what they need:
      </p>
      <AskFor me={me} needs={terminal} what={terminal ? `open a terminal on ${terminal.node} in Homie` : "use Homie"} />
    </Card>
  );
}
