import { useEffect, useId, useMemo, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { Dialog } from "@/components/ui/dialog";
import { cn } from "@/lib/cn";
import { finder } from "./find";

/** Something to choose. */
export interface Choice {
  id: string;
  heading: string;
  title: string;
  about?: string;
  icon: ReactNode;
  badge?: ReactNode;
  /** What it is found by, beside its title. */
  words?: string;
  choose: () => void;
}

interface PickerProps {
  title: string;
  /** What the field asks for. */
  label: string;
  choices: Choice[];
  /** What stands there when there is nothing to choose at all. */
  empty: string;
  onClose: () => void;
  returnFocus?: (() => void) | undefined;
  /** What else can be done, with the choice that is marked. */
  foot?: (marked: Choice | undefined) => ReactNode;
}

/** A list to choose from by typing: arrows move, Enter takes. */
export function Picker({ title, label, choices, empty, onClose, returnFocus, foot }: PickerProps) {
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const shown = useMemo(() => {
    const fits = finder(query);
    return choices.filter((c) => fits(`${c.title}\n${c.words ?? ""}`));
  }, [choices, query]);
  const marked = shown[Math.min(at, shown.length - 1)];
  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [marked]);

  const take = (choice: Choice | undefined) => {
    if (!choice) return;
    onClose();
    choice.choose();
  };
  const move = (to: number) => shown.length > 0 && setAt((to + shown.length) % shown.length);
  const keyDown = (e: KeyboardEvent) => {
    const now = Math.min(at, shown.length - 1);
    if (e.key === "ArrowDown") move(now + 1);
    else if (e.key === "ArrowUp") move(now - 1);
    else if (e.key === "PageDown") move(Math.min(now + 8, shown.length - 1));
    else if (e.key === "PageUp") move(Math.max(now - 8, 0));
    else if (e.key === "Enter" && !e.nativeEvent.isComposing) take(marked);
    else return;
    e.preventDefault();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} {...(returnFocus ? { returnFocus } : {})}>
      <input
        data-first
        role="combobox"
        aria-label={label}
        aria-expanded
        aria-controls={id}
        aria-activedescendant={marked && `${id}-${marked.id}`}
        placeholder={label}
        value={query}
        onChange={(e) => {
          setQuery(e.target.value);
          setAt(0);
        }}
        onKeyDown={keyDown}
        autoCapitalize="off"
        autoComplete="off"
        spellCheck={false}
        className="mt-3 min-h-11 w-full rounded-xl border border-line-strong/60 bg-transparent px-3 text-base placeholder:text-muted"
      />
      <div ref={list} id={id} role="listbox" aria-label={title} className="mt-2 -mx-2 min-h-0 overflow-y-auto sm:h-[min(26rem,50dvh)]">
        {shown.map((c, i) => (
          <div key={c.id} role="presentation">
            {c.heading !== shown[i - 1]?.heading && (
              <p role="presentation" className="px-3 pt-2.5 pb-1 text-[0.8rem] text-muted">
                {c.heading}
              </p>
            )}
            <div
              id={`${id}-${c.id}`}
              role="option"
              aria-selected={c === marked}
              onPointerMove={() => c !== marked && setAt(i)}
              onClick={() => take(c)}
              className={cn(
                "flex min-h-12 cursor-pointer items-center gap-3 rounded-xl px-3 py-1 [&_svg]:size-[1.1em] [&_svg]:shrink-0",
                c === marked && "bg-sunken",
              )}
            >
              {c.icon}
              <span className="min-w-0 flex-1">
                <span className="block truncate">{c.title}</span>
                {c.about && <span className="block truncate text-sm text-muted">{c.about}</span>}
              </span>
              {c.badge}
            </div>
          </div>
        ))}
        {shown.length === 0 && <p className="px-3 py-6 text-center text-muted">{choices.length === 0 ? empty : "Nothing fits."}</p>}
      </div>
      <p aria-live="polite" className="sr-only">
        {shown.length === 1 ? "1 to choose from" : `${shown.length} to choose from`}
      </p>
      {foot?.(marked)}
    </Dialog>
  );
}
