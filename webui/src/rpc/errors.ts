import type { Confirm, Needs, Reason, WireError } from "@/gen/api";

/** A call that failed, with words for people and a reason for programs. */
export class RpcError extends Error {
  readonly reason: Reason;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly requestId: string | undefined;
  readonly needs: Needs | undefined;
  /** What a person has to confirm before the same call is let through. */
  readonly confirm: Confirm | undefined;

  constructor(wire: WireError) {
    super(wire.message);
    this.name = "RpcError";
    this.reason = wire.data?.reason ?? "internal";
    this.retryable = wire.data?.retryable ?? false;
    this.retryAfterMs = wire.data?.retryAfterMs;
    this.requestId = wire.data?.requestId;
    this.needs = wire.data?.needs;
    this.confirm = wire.data?.confirm;
  }
}

/** An error that this program found by itself, in the same shape. */
export function localError(reason: Reason, message: string): RpcError {
  const retryable = reason === "unavailable" || reason === "timeout" || reason === "busy";
  return new RpcError({ code: 0, message, data: { reason, retryable } });
}

export function asRpcError(err: unknown): RpcError {
  if (err instanceof RpcError) return err;
  return localError("internal", err instanceof Error ? err.message : String(err));
}
