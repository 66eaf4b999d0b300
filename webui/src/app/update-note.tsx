import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { client } from "@/app/client";
import { Button } from "@/components/ui/button";
import { useStore } from "@/lib/store";
import { FloatingNote } from "./floating-note";

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
    <FloatingNote role="status">
      <RefreshCw aria-hidden className="size-5 shrink-0 text-accent-ink" />
      <p className="text-sm font-medium">Homie was updated. Your terminals keep running.</p>
      <Button size="sm" look="primary" onClick={() => window.location.reload()}>
        Load again
      </Button>
      <Button size="sm" look="ghost" onClick={() => setLater(version)}>
        Later
      </Button>
    </FloatingNote>
  );
}
