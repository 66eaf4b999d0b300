import type { WireError } from "@/gen/api";
import { RpcError } from "./errors";

/**
 * Asks by plain HTTP why no socket could be opened: a browser hides the answer
 * to a refused upgrade. Null when the gateway can't be reached at all, or when
 * it would have answered.
 */
export async function diagnose(): Promise<RpcError | null> {
  try {
    const response = await fetch("/rpc", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ jsonrpc: "2.0", id: 1, method: "identity.whoami", params: {} }),
      signal: AbortSignal.timeout(5_000),
    });
    const answer = (await response.json()) as { error?: WireError };
    return answer.error ? new RpcError(answer.error) : null;
  } catch {
    return null;
  }
}
