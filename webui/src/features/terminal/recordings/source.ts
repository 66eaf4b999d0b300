import type { Recording } from "@/gen/api";
import { client } from "@/app/client";
import { Store } from "@/lib/store";
import { localError, type RpcError } from "@/rpc/errors";

/** A file from this device that is to be played. */
export const picked = new Store<File | null>(null);

/** What reading a recording tells. */
export interface Taker {
  /** What is to come, null for a file that says nothing but its size. */
  onOpen(recording: Recording | null, bytes: number): void;
  onBytes(bytes: Uint8Array): void;
  onEnd(error: RpcError | null): void;
}

/** Reads a recording from its machine, and follows one that goes on, until the returned function is called. */
export function readRecording(node: string, recording: string, follow: boolean, taker: Taker): () => void {
  let over = false;
  const end = (error: RpcError | null) => {
    if (over) return;
    over = true;
    taker.onEnd(error);
  };
  const stream = client.stream(
    "terminal.recording.read",
    { node, recording, follow },
    {
      onOpen: (opened) => taker.onOpen(opened.recording, opened.recording.bytes),
      onData: (bytes) => {
        if (over) return;
        taker.onBytes(bytes);
        stream?.consumed(bytes.length);
      },
      onState: () => {},
      onNote: () => {},
      onEnd: end,
      onLost: () => end(lost()),
    },
  );
  if (!stream) queueMicrotask(() => end(lost()));
  return () => {
    over = true;
    stream?.end();
  };
}

function lost(): RpcError {
  return localError("unavailable", "The connection to Homie was lost meanwhile. Try again.");
}

/** Reads a file of this device, until the returned function is called. */
export function readFile(file: File, taker: Taker): () => void {
  let over = false;
  void (async () => {
    taker.onOpen(null, file.size);
    try {
      const reader = file.stream().getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (over) return void reader.cancel();
        if (done) break;
        taker.onBytes(value);
      }
      taker.onEnd(null);
    } catch (err) {
      taker.onEnd(localError("internal", err instanceof Error ? err.message : "The file could not be read."));
    }
  })();
  return () => {
    over = true;
  };
}

/** Gives a recording to this device as a file. */
export function download(recording: Recording): Promise<void> {
  return new Promise((resolve, reject) => {
    const parts: BlobPart[] = [];
    readRecording(recording.node, recording.id, false, {
      onOpen: () => {},
      onBytes: (bytes) => parts.push(new Uint8Array(bytes)),
      onEnd: (error) => {
        if (error) return reject(error);
        const link = document.createElement("a");
        link.href = URL.createObjectURL(new Blob(parts, { type: "application/x-asciicast" }));
        link.download = `${recording.node}-${recording.id}.cast`;
        link.click();
        setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
        resolve();
      },
    });
  });
}
