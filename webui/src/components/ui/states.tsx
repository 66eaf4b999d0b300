import { CircleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";
import type { RpcError } from "@/rpc/errors";
import { Button } from "./button";
import { Card } from "./card";

/** A place where something is about to be: says what it waits for. */
export function Loading({ what, className }: { what: string; className?: string }) {
  return (
    <p role="status" className={cn("flex items-center gap-3 py-10 text-muted", className)}>
      <span aria-hidden className="breathe size-2.5 rounded-full bg-lamp" />
      Waiting for {what}…
    </p>
  );
}

/** A view that failed, in words, with the next step. */
export function Failed({ error, onRetry }: { error: RpcError; onRetry?: () => void }) {
  return (
    <Card role="alert" className="flex items-start gap-3 p-5">
      <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
      <div className="min-w-0 flex-1">
        <p className="font-medium">This could not be shown</p>
        <p className="text-muted">{error.message}</p>
        {error.requestId && <p className="mt-1 font-mono text-xs text-muted">Request {error.requestId}</p>}
        {onRetry && (
          <Button size="sm" className="mt-3" onClick={onRetry}>
            Try again
          </Button>
        )}
      </div>
    </Card>
  );
}

/** A list with nothing in it, and what would put something there. */
export function Empty({ icon, title, children }: { icon: ReactNode; title: string; children?: ReactNode }) {
  return (
    <Card className="flex flex-col items-center px-6 py-12 text-center">
      <div aria-hidden className="mb-4 grid size-14 place-items-center rounded-2xl bg-accent-soft text-accent-ink [&_svg]:size-7">
        {icon}
      </div>
      <h2 className="font-display text-xl font-semibold">{title}</h2>
      <div className="mt-2 max-w-prose text-muted">{children}</div>
    </Card>
  );
}

/** The heading of a page. */
export function PageHead({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <header className="pt-6 pb-5 sm:pt-10 sm:pb-7">
      <h1 className="font-display text-3xl leading-tight font-semibold tracking-tight sm:text-4xl">{title}</h1>
      {children && <div className="mt-1.5 text-muted sm:text-lg">{children}</div>}
    </header>
  );
}
