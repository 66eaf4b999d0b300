import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";

/** Says that Homie was replaced by another version while this page was open. */
export function UpdateNote() {
  const status = useStore(client.status);
  const version = status.phase === "open" ? status.hello.server.version : null;
  const [first, setFirst] = useState<string | null>(null);
  const [later, setLater] = useState<string | null>(null);
  useEffect(() => {
    if (version && !first) setFirst(version);
  }, [version, first]);
  if (!version || !first || version === first || version === later) return null;
  return (
    <div className="pointer-events-none fixed inset-x-3 top-16 z-30 flex justify-center">
      <div
        role="status"
        className="arrive pointer-events-auto flex max-w-lg items-center gap-3 rounded-2xl border border-line bg-surface py-2 pr-2 pl-4 shadow-card"
      >
        <RefreshCw aria-hidden className="size-5 shrink-0 text-accent-ink" />
        <p className="text-sm font-medium">Homie was updated. Your terminals keep running.</p>
        <Button size="sm" look="primary" onClick={() => window.location.reload()}>
          Load again
        </Button>
        <Button size="sm" look="ghost" onClick={() => setLater(version)}>
          Later
        </Button>
      </div>
    </div>
  );
}
