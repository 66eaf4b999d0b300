import { client } from "@/app/client";
import { toastError } from "@/components/ui/toast";
import type { Tab } from "./tabs";

/** Lets one viewer alone type, or everybody again. Failures are shown as toasts. */
export async function giveControl({ node, session }: Tab, viewer: string | null): Promise<void> {
  try {
    const to = viewer === null ? { mode: "open" as const } : { mode: "one" as const, viewer };
    await client.call("terminal.session.control", { node, session, ...to });
  } catch (err) {
    toastError("Control stays where it is", err);
  }
}
