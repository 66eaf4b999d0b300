import { ArrowLeft } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { Recording } from "@/gen/api";
import { Card } from "@/components/ui/card";
import { Empty, Failed } from "@/components/ui/states";
import { bytes, moment } from "@/lib/format";
import { Link } from "@/lib/router";
import { useStore } from "@/lib/store";
import { theme } from "@/lib/theme";
import { localError, type RpcError } from "@/rpc/errors";
import { createEngine, type Engine } from "../engine";
import { palette } from "../palette";
import { CastReader } from "./cast";
import { Controls } from "./controls";
import { Player } from "./player";
import { picked, readFile, readRecording } from "./source";
import { nameOf, recordingName } from "./words";

/** Where a file of this device is played. */
const HERE = "this-device";

/** Plays one recording. */
export default function PlayerPage({ node, id }: { node: string; id: string }) {
  const file = useStore(picked);
  if (node === HERE && !file) {
    return (
      <div className="pt-10">
        <Empty icon={<ArrowLeft />} title="No file is open">
          <Link href="/recordings" className="text-accent-ink underline">
            Choose one
          </Link>
        </Empty>
      </div>
    );
  }
  return <Loaded key={`${node}/${id}`} node={node} id={id} file={node === HERE ? file : null} />;
}

function Loaded({ node, id, file }: { node: string; id: string; file: File | null }) {
  const place = useRef<HTMLDivElement>(null);
  const engine = useRef<Engine | null>(null);
  const [tries, setTries] = useState(0);
  const [player, setPlayer] = useState<Player | null>(null);
  const [recording, setRecording] = useState<Recording | null>(null);
  const [progress, setProgress] = useState<{ read: number; of: number } | null>({ read: 0, of: 0 });
  const [error, setError] = useState<RpcError | null>(null);
  const [cast] = useState(() => ({ now: new CastReader() }));

  useEffect(() => {
    const reader = new CastReader();
    cast.now = reader;
    const made = createEngine(place.current!);
    engine.current = made;
    made.term.options.disableStdin = true;
    made.term.options.cursorBlink = false;
    let playing: Player | null = null;
    let read = 0;
    const fit = () => fitWidth(made, place.current!);
    const sized = made.term.onResize(fit);
    const observer = new ResizeObserver(fit);
    observer.observe(place.current!);
    const fail = (err: unknown) => {
      setProgress(null);
      setError(err instanceof Error && !("reason" in err) ? localError("invalid_params", err.message) : (err as RpcError));
      stop();
    };
    const guarded = (take: () => void) => {
      try {
        take();
      } catch (err) {
        fail(err);
      }
    };
    const begin = () => {
      if (playing || !reader.header) return;
      playing = new Player(reader, made.term);
      setPlayer(playing);
      fit();
    };
    const stop = (file ? readFile : (_: File, taker: Parameters<typeof readFile>[1]) => readRecording(node, id, true, taker))(file!, {
      onOpen: (r, of) => {
        setRecording(r);
        setProgress({ read: 0, of });
      },
      onBytes: (some) =>
        guarded(() => {
          reader.feed(some);
          read += some.length;
          setProgress((p) => p && (read < p.of ? { ...p, read } : null));
          begin();
          playing?.extend();
        }),
      onEnd: (err) =>
        guarded(() => {
          setProgress(null);
          if (err && !playing) return fail(err);
          reader.end();
          begin();
          playing?.extend();
          setRecording((r) => r && { ...r, live: false });
        }),
    });
    const offTheme = theme.subscribe(() => (made.term.options.theme = palette(theme.get())));
    return () => {
      stop();
      offTheme();
      sized.dispose();
      observer.disconnect();
      playing?.dispose();
      made.term.dispose();
      setPlayer(null);
      setError(null);
    };
  }, [node, id, file, tries, cast]);

  // A link may name a time; without one it plays from the beginning.
  const ready = player !== null && progress === null;
  useEffect(() => {
    if (!player || !ready) return;
    const at = Number(new URLSearchParams(window.location.search).get("t"));
    if (at > 0) void player.seek(at);
    else player.play();
  }, [player, ready]);

  const head = cast.now.header;
  const title = recording ? recordingName(recording) : head?.title || file?.name || "Recording";
  return (
    <div className="pt-4 sm:pt-6">
      <Link href="/recordings" className="inline-flex min-h-11 items-center gap-2 rounded-lg text-muted hover:text-ink">
        <ArrowLeft aria-hidden className="size-4" />
        Recordings
      </Link>
      <header className="pb-4">
        <h1 className="truncate font-display text-2xl font-semibold tracking-tight sm:text-3xl">{title}</h1>
        <p className="truncate text-muted">
          {recording
            ? [recording.node, moment(recording.startedAt), `as ${recording.account}`, recording.by ? `by ${nameOf(recording.by)}` : "", recording.live ? "goes on" : ""].filter(Boolean).join(" · ")
            : file && `${file.name} · ${bytes(file.size)}, on this device`}
        </p>
      </header>
      {error && <Failed error={error} onRetry={() => setTries((n) => n + 1)} />}
      <Card className={error ? "hidden" : "overflow-hidden"}>
        <div className="relative bg-term p-2 sm:p-3">
          <div ref={place} role="region" aria-label="What the terminal showed" className="max-h-[62dvh] min-h-40 overflow-auto" />
          {progress && (
            <p role="status" className="absolute inset-x-0 top-1/2 text-center text-muted">
              Reading the recording…{progress.of > 0 && ` ${Math.floor((progress.read / progress.of) * 100)} %`}
            </p>
          )}
        </div>
        {player && <Controls player={player} cast={cast.now} recording={recording} />}
      </Card>
    </div>
  );
}

const LARGEST = 16;
const SMALLEST = 8;

/** Chooses the largest text with which the recording's columns fit into the page, or what can just be read. */
function fitWidth({ term }: Engine, place: HTMLElement): void {
  const screen = term.element?.querySelector<HTMLElement>(".xterm-screen");
  const now = term.options.fontSize ?? LARGEST;
  if (!screen || screen.clientWidth === 0 || place.clientWidth < 50) return;
  const fits = Math.floor(((now * (place.clientWidth - 16)) / screen.clientWidth) * 2) / 2;
  const size = Math.min(LARGEST, Math.max(SMALLEST, fits));
  if (Math.abs(size - now) >= 0.5) term.options.fontSize = size;
}
