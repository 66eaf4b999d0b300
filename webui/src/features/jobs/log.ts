import { client } from "@/app/client";
import { Store } from "@/lib/store";
import type { RpcError } from "@/rpc/errors";
import { Lines } from "./ansi";

export interface LogState {
  /** Counts what came: the lines themselves change in place. */
  version: number;
  phase: "waiting" | "open" | "done";
  error: RpcError | null;
}

const RETRY = 1_000;

/**
 * Log is what a run printed and prints, as lines. It follows the run over
 * reconnections, from the byte where it was, until stop.
 */
export class Log {
  readonly lines = new Lines();
  readonly state = new Store<LogState>({ version: 0, phase: "waiting", error: null });

  private readonly of: { node: string; run: string };
  private next = 0;
  private stopped = false;
  private close: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly off: () => void;

  constructor(of: { node: string; run: string }) {
    this.of = of;
    this.off = client.status.subscribe(() => this.open());
    this.open();
  }

  stop(): void {
    this.stopped = true;
    clearTimeout(this.timer);
    this.off();
    this.close?.();
  }

  private open(): void {
    if (this.stopped || this.close || this.state.get().phase === "done") return;
    let over = false;
    const again = () => {
      if (over) return;
      over = true;
      this.close = null;
      if (this.stopped) return;
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.open(), RETRY);
    };
    const stream = client.stream(
      "jobs.logs.tail",
      { ...this.of, offset: this.next, follow: true },
      {
        onOpen: () => this.tell({ phase: "open", error: null }),
        onData: (bytes, offset) => {
          if (over) return;
          if (offset > this.next) this.lines.note(`${offset - this.next} bytes are not kept`);
          this.next = offset + bytes.length;
          this.lines.add(bytes);
          stream?.consumed(bytes.length);
          this.tell({ phase: "open", error: null });
        },
        onState: () => {},
        onNote: () => {},
        onEnd: (error) => {
          if (error?.retryable) {
            this.tell({ phase: "waiting", error: null });
            return again();
          }
          over = true;
          this.close = null;
          this.tell({ phase: "done", error });
        },
        onLost: () => {
          this.tell({ phase: "waiting", error: null });
          again();
        },
      },
    );
    if (!stream) return;
    this.close = () => {
      over = true;
      this.close = null;
      stream.end();
    };
  }

  private tell(now: Omit<LogState, "version">): void {
    if (!this.stopped) this.state.update((s) => ({ ...now, version: s.version + 1 }));
  }
}
