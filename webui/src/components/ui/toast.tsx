import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Store, useStore } from "@/lib/store";
import { cn } from "@/lib/cn";
import { Link, usePath } from "@/lib/router";
import { asRpcError } from "@/rpc/errors";
import { Button } from "./button";

interface Toast {
  id: number;
  tone: "bad" | "good";
  title: string;
  detail?: string;
  requestId?: string;
  /** Where there is more of it, in the app. */
  href?: string;
}

const toasts = new Store<Toast[]>([]);
const SHOWN_AT_ONCE = 3;
const GOOD_MS = 4_000;
const NEWS_MS = 12_000;
let lastId = 0;

function show(toast: Omit<Toast, "id">): void {
  const id = ++lastId;
  toasts.update((all) =>
    [...all.filter((t) => t.title !== toast.title || t.detail !== toast.detail), { ...toast, id }].slice(-SHOWN_AT_ONCE),
  );
  if (toast.tone === "good") setTimeout(() => dismiss(id), toast.href ? NEWS_MS : GOOD_MS);
}

function dismiss(id: number): void {
  toasts.update((all) => all.filter((t) => t.id !== id));
}

export function toastDone(title: string): void {
  show({ tone: "good", title });
}

/** Tells of something that happened elsewhere, with a way there. */
export function toastNews(title: string, href: string): void {
  show({ tone: "good", title, href });
}

/** Shows a failure: what did not work, why, and the id that the log has too. */
export function toastError(title: string, err: unknown): void {
  const error = asRpcError(err);
  const next = error.retryable && !/again/i.test(error.message) ? " Try again in a moment." : "";
  show({ tone: "bad", title, detail: error.message + next, requestId: error.requestId });
}

/** Where toasts appear. Rendered once. */
export function Toasts() {
  const shown = useStore(toasts);
  const terminal = usePath().startsWith("/terminal/");
  return (
    <div
      role="region"
      aria-label="Messages"
      aria-live="polite"
      className={cn(
        "pointer-events-none fixed inset-x-3 z-50 flex flex-col items-center gap-2 sm:inset-x-auto sm:right-5 sm:items-end",
        // A terminal has its prompt and, on a phone, its keys below.
        terminal ? "top-28 short:top-14" : "bottom-[max(5.5rem,env(safe-area-inset-bottom))] md:bottom-5",
      )}
    >
      {shown.map((t) => (
        <div
          key={t.id}
          className="arrive pointer-events-auto flex w-full max-w-md items-start gap-3 rounded-2xl border border-line bg-surface py-3 pr-2 pl-4 shadow-card"
        >
          {t.tone === "bad" ? (
            <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
          ) : (
            <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
          )}
          <div className="min-w-0 flex-1 py-0.5">
            <p className="font-medium">{t.title}</p>
            {t.detail && <p className="text-sm text-muted">{t.detail}</p>}
            {t.href && (
              <Link
                href={t.href}
                onClick={() => dismiss(t.id)}
                className="inline-flex min-h-8 items-center font-medium text-accent-ink underline underline-offset-2 pointer-coarse:min-h-11"
              >
                Go there
              </Link>
            )}
            {t.requestId && <p className="mt-1 font-mono text-xs text-muted">Request {t.requestId}</p>}
          </div>
          <Button look="ghost" size="iconSm" aria-label="Dismiss message" onClick={() => dismiss(t.id)}>
            <X aria-hidden />
          </Button>
        </div>
      ))}
    </div>
  );
}
