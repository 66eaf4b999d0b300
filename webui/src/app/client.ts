import { confirmed } from "@/features/stepup/asking";
import { Client } from "@/rpc/client";
import { diagnose } from "@/rpc/diagnose";

/** The app's one connection to the gateway that served it. */
export const client = new Client({
  url: `${window.location.origin.replace(/^http/, "ws")}/rpc`,
  version: __VERSION__,
  diagnose,
  confirm: confirmed,
});
