import { Check, Minus, TriangleAlert, Users } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { Badge } from "@/components/ui/badge";
import { buttonClass } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Row } from "@/components/ui/row";
import { PageHead } from "@/components/ui/states";
import { ThemePicker } from "@/app/theme-picker";
import { osName } from "@/lib/format";
import { useLive } from "@/lib/live";
import { Link } from "@/lib/router";
import { machines } from "@/features/presence/machines";
import { ConfirmationsCard } from "@/features/stepup/confirmations-card";
import { Avatar } from "./avatar";
import { abilities, can, grantSentence, role } from "./rights";

/** Who the tailnet says I am, and what I may and may not do here. */
export function MePage({ me }: { me: Whoami }) {
  return (
    <>
      <PageHead title="Who am I">Homie knows you from your device on the tailnet. There is nothing to log in to.</PageHead>
      <div className="grid grid-cols-1 items-start gap-5 lg:grid-cols-2">
        <div className="grid gap-5">
          <IdentityCard me={me} />
          <Problems problems={me.problems} />
          <ConfirmationsCard me={me} />
          <Card className="p-5 sm:p-6">
            <h2 className="font-display text-xl font-semibold">Colours</h2>
            <p className="mt-1 mb-4 text-muted">How Homie looks on this device.</p>
            <ThemePicker />
          </Card>
        </div>
        <div className="grid gap-5">
          <RightsCard me={me} />
          <GrantsCard me={me} />
          {can(me, "people:read") && (
            <Link href="/people" className={buttonClass({ look: "outline" })}>
              <Users aria-hidden />
              People and rights
            </Link>
          )}
        </div>
      </div>
    </>
  );
}

function IdentityCard({ me }: { me: Whoami }) {
  return (
    <Card className="p-5 sm:p-6">
      <div className="flex items-center gap-4">
        <Avatar me={me} className="size-16 text-3xl" />
        <div className="min-w-0">
          <h2 className="truncate font-display text-2xl font-semibold">{me.name}</h2>
          <p className="truncate text-muted">{me.person?.login ?? "a device of its own"}</p>
        </div>
      </div>
      <div className="mt-4 flex flex-wrap gap-2">
        {me.roles.map((name) => (
          <Badge key={name} tone="accent">
            {role(name).title}
          </Badge>
        ))}
        {me.roles.length === 0 && <Badge>No role</Badge>}
      </div>
      {me.roles[0] && <p className="mt-3">{role(me.roles[0]).says}</p>}
      {me.device && (
        <dl className="mt-5 grid gap-3 border-t border-line pt-4">
          <Row name="This device">
            {me.device.name}
            {me.device.os && <span className="text-muted"> · {osName(me.device.os)}</span>}
          </Row>
          {me.device.tags.length > 0 && <Row name="Tags">{me.device.tags.join(", ")}</Row>}
        </dl>
      )}
    </Card>
  );
}

function RightsCard({ me }: { me: Whoami }) {
  const may = abilities.filter((a) => can(me, a.capability));
  const mayNot = abilities.filter((a) => !can(me, a.capability));
  return (
    <Card className="p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">You may</h2>
      <ul className="mt-3 grid gap-2.5">
        {may.map((a) => (
          <li key={a.capability} className="flex gap-3">
            <Check aria-hidden className="mt-1 size-4 shrink-0 text-good" strokeWidth={3} />
            <div>
              {a.may}
              {a.capability === "terminal:write" && <Accounts />}
            </div>
          </li>
        ))}
      </ul>
      {mayNot.length > 0 && (
        <>
          <h2 className="mt-6 font-display text-xl font-semibold">You may not</h2>
          <ul className="mt-3 grid gap-2.5 text-muted">
            {mayNot.map((a) => (
              <li key={a.capability} className="flex gap-3">
                <Minus aria-hidden className="mt-1 size-4 shrink-0" strokeWidth={3} />
                {a.may}
              </li>
            ))}
          </ul>
          <p className="mt-4 text-sm text-muted">
            If you need one of these, ask the person who runs this home. They decide it in the tailnet’s policy file.
          </p>
        </>
      )}
    </Card>
  );
}

/** As whom a terminal may be opened, machine by machine. */
function Accounts() {
  const state = useLive(machines);
  if (state.status !== "ready" || state.value.length === 0) return null;
  return (
    <ul className="mt-1 text-sm text-muted">
      {state.value.map((m) => (
        <li key={m.name}>
          {m.name}: {m.accounts.length > 0 ? `as ${m.accounts.join(", ")}` : "no account is open to you"}
        </li>
      ))}
    </ul>
  );
}

function GrantsCard({ me }: { me: Whoami }) {
  return (
    <Card className="p-5 sm:p-6">
      <h2 className="font-display text-xl font-semibold">Why</h2>
      {me.grants.length === 0 && <p className="mt-2 text-muted">No grant in the policy file names you.</p>}
      <ul className="mt-3 grid gap-4">
        {me.grants.map((grant, i) => (
          <li key={i} className="border-l-2 border-lamp pl-4">
            <p className="wrap-anywhere">{grantSentence(grant)}</p>
            <p className="text-sm text-muted">{grant.why}</p>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Problems({ problems }: { problems: string[] }) {
  if (problems.length === 0) return null;
  return (
    <Card className="border-warn/40 bg-warn-soft p-5 text-warn">
      <h2 className="flex items-center gap-2 font-semibold">
        <TriangleAlert aria-hidden className="size-5" />
        Parts of the policy file were left out
      </h2>
      <ul className="mt-2 list-disc pl-5 text-sm">
        {problems.map((problem) => (
          <li key={problem}>{problem}</li>
        ))}
      </ul>
    </Card>
  );
}
