import { CircleCheck, CircleX, Hourglass } from "lucide-react";
import { Card } from "@/components/ui/card";
import { Empty, Failed, Loading, PageHead } from "@/components/ui/states";
import { useLive } from "@/lib/live";
import { confirmations } from "./confirmations";
import { Question } from "./question";

/** One thing to confirm, as the link of a program leads to it. */
export function ConfirmPage({ id }: { id: string }) {
  const state = useLive(confirmations);
  return (
    <div className="mx-auto max-w-xl">
      <PageHead title="Is this you?" />
      {state.status === "loading" && <Loading what="what there is to confirm" />}
      {state.status === "error" && <Failed error={state.error} onRetry={confirmations.refresh} />}
      {state.status === "ready" && <Found id={id} />}
    </div>
  );
}

function Found({ id }: { id: string }) {
  const c = useLive(confirmations).value?.find((one) => one.id === id);
  if (!c || c.state === "over") {
    return (
      <Empty icon={<Hourglass />} title="This does not wait any more">
        <p>It may have taken too long, or it was another person’s. Do it again, and Homie asks again.</p>
      </Empty>
    );
  }
  if (c.state === "confirmed") {
    return (
      <Empty icon={<CircleCheck />} title="Confirmed">
        <p>{c.words}. It goes on by itself on {c.here ? "this device" : c.deviceOf}.</p>
      </Empty>
    );
  }
  if (c.state === "denied") {
    return (
      <Empty icon={<CircleX />} title="Denied">
        <p>It was not done: {c.words}.</p>
      </Empty>
    );
  }
  return (
    <Card className="p-5 sm:p-6">
      <Question c={c} onDone={() => {}} />
    </Card>
  );
}
