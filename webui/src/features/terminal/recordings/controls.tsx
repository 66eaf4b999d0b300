import { Bookmark, Download, FastForward, Link2, Pause, Play, Search } from "lucide-react";
import { useDeferredValue, useEffect, useMemo, useState } from "react";
import type { Recording } from "@/gen/api";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/menu";
import { toastDone, toastError } from "@/components/ui/toast";
import { copyText } from "@/lib/clipboard";
import { useStore } from "@/lib/store";
import type { CastReader } from "./cast";
import { clock } from "./clock";
import { SPEEDS, type Player } from "./player";
import { download } from "./source";
import { Transcript, type Found } from "./transcript";

const STEP = 5;
const MOST_MARKERS = 200;

/** What one can do with a recording that is played. */
export function Controls({ player, cast, recording }: { player: Player; cast: CastReader; recording: Recording | null }) {
  const { playing, at, duration, speed, skipIdle } = useStore(player.state);
  const [searching, setSearching] = useState(false);
  useKeys(player);
  const markers = useMemo(() => cast.events.filter((e) => e.code === "m"), [cast, duration]);
  const link = async () => {
    try {
      await copyText(`${window.location.origin}${window.location.pathname}?t=${Math.floor(at)}`);
      toastDone("The link to this moment is copied");
    } catch (err) {
      toastError("The link could not be copied", err);
    }
  };
  const said = `${clock(at)} of ${clock(duration)}`;
  return (
    <div role="group" aria-label="Player" className="border-t border-line px-3 py-2 sm:px-4">
      <div className="relative">
        <input
          type="range"
          min={0}
          max={Math.max(duration, 0.001)}
          step="any"
          value={at}
          onChange={(e) => void player.seek(Number(e.target.value))}
          onKeyDown={(e) => steps(e.key, player) && e.preventDefault()}
          aria-label="Time"
          aria-valuetext={said}
          className="h-8 w-full accent-accent pointer-coarse:h-11"
        />
        <div aria-hidden className="pointer-events-none absolute inset-x-2 bottom-0 h-1.5">
          {markers.slice(0, MOST_MARKERS).map((m, i) => (
            <span key={i} className="absolute h-1.5 w-0.5 bg-lamp" style={{ left: `${(m.at / Math.max(duration, 0.001)) * 100}%` }} />
          ))}
        </div>
      </div>
      <div className="flex flex-wrap items-center gap-x-2 gap-y-1">
        <Button look="primary" size="iconSm" aria-label={playing ? "Pause" : "Play"} title={`${playing ? "Pause" : "Play"} (space)`} onClick={() => player.toggle()}>
          {playing ? <Pause aria-hidden /> : <Play aria-hidden />}
        </Button>
        <span className="px-1 text-sm tabular-nums">{said}</span>
        <label className="flex min-h-9 items-center gap-1 text-sm pointer-coarse:min-h-11">
          <span className="sr-only">Speed</span>
          <select value={speed} onChange={(e) => player.setSpeed(Number(e.target.value))} className="h-9 rounded-lg bg-sunken px-2 pointer-coarse:h-11">
            {SPEEDS.map((s) => (
              <option key={s} value={s}>
                {s}×
              </option>
            ))}
          </select>
        </label>
        <Button look={skipIdle ? "soft" : "ghost"} size="sm" aria-pressed={skipIdle} title="Pauses last a second at most" onClick={() => player.setSkipIdle(!skipIdle)}>
          <FastForward aria-hidden />
          Skip pauses
        </Button>
        <span className="flex-1" />
        {markers.length > 0 && (
          <Menu
            trigger={
              <Button look="ghost" size="iconSm" aria-label="Markers" title="Markers">
                <Bookmark aria-hidden />
              </Button>
            }
          >
            <MenuLabel>Go to</MenuLabel>
            {markers.slice(0, MOST_MARKERS).map((m, i) => (
              <MenuItem key={i} onSelect={() => void player.seek(m.at)}>
                <span className="tabular-nums">{clock(m.at)}</span>
                <span className="max-w-72 truncate">{m.data || "Marker"}</span>
              </MenuItem>
            ))}
          </Menu>
        )}
        <Button look={searching ? "soft" : "ghost"} size="iconSm" aria-label="Search" aria-expanded={searching} title="Search" onClick={() => setSearching(!searching)}>
          <Search aria-hidden />
        </Button>
        {recording && (
          <>
            <Button look="ghost" size="iconSm" aria-label="Copy the link to this moment" title="Copy the link to this moment" onClick={() => void link()}>
              <Link2 aria-hidden />
            </Button>
            <Button
              look="ghost"
              size="iconSm"
              aria-label="Download"
              title="Download"
              onClick={() => void download(recording).catch((err) => toastError("The recording did not come", err))}
            >
              <Download aria-hidden />
            </Button>
          </>
        )}
      </div>
      {searching && <SearchIn player={player} cast={cast} />}
    </div>
  );
}

/** Does what a key means for the time; true: it means something. */
function steps(key: string, player: Player): boolean {
  const { at, duration } = player.state.get();
  const to = { ArrowLeft: at - STEP, ArrowRight: at + STEP, ArrowDown: at - STEP, ArrowUp: at + STEP, Home: 0, End: duration }[key];
  if (to !== undefined) void player.seek(to);
  return to !== undefined;
}

/** The player's keys, wherever the focus is but in a field or on a button that has its own. */
function useKeys(player: Player): void {
  useEffect(() => {
    const pressed = (e: KeyboardEvent) => {
      const on = e.target instanceof Element ? e.target : null;
      if (e.ctrlKey || e.metaKey || e.altKey || on?.closest('input, select, [role="menu"], [role="dialog"]')) return;
      if (e.key === " " && !on?.closest("button, a")) player.toggle();
      else if (e.key === "ArrowUp" || e.key === "ArrowDown" || !steps(e.key, player)) return;
      e.preventDefault();
    };
    window.addEventListener("keydown", pressed, true);
    return () => window.removeEventListener("keydown", pressed, true);
  }, [player]);
}

function SearchIn({ player, cast }: { player: Player; cast: CastReader }) {
  const [wanted, setWanted] = useState("");
  const text = useDeferredValue(wanted);
  const [transcript] = useState(() => new Transcript());
  const found = useMemo<Found[]>(() => transcript.find(cast.events, text), [transcript, cast, text]);
  return (
    <div role="search" className="pt-2 pb-1">
      <input
        type="search"
        autoFocus
        value={wanted}
        onChange={(e) => setWanted(e.target.value)}
        onKeyDown={(e) => e.key === "Enter" && found[0] && void player.seek(found[0].at)}
        aria-label="Search in what was shown"
        placeholder="Search in what was shown"
        autoCapitalize="off"
        spellCheck={false}
        className="min-h-11 w-full rounded-xl bg-sunken px-4 text-base placeholder:text-muted"
      />
      <p role="status" className="px-1 pt-1 text-sm text-muted">
        {text === "" ? "" : found.length === 0 ? "Nothing found" : found.length === 1 ? "Found once" : `Found ${found.length} times`}
      </p>
      <ul className="max-h-48 overflow-auto">
        {found.map((f, i) => (
          <li key={i}>
            <button
              type="button"
              onClick={() => {
                player.pause();
                void player.seek(f.at);
              }}
              className="flex min-h-9 w-full items-center gap-3 rounded-lg px-2 text-left text-sm hover:bg-sunken pointer-coarse:min-h-11"
            >
              <span className="text-muted tabular-nums">{clock(f.at)}</span>
              <span className="truncate font-mono">{f.line}</span>
            </button>
          </li>
        ))}
      </ul>
    </div>
  );
}
