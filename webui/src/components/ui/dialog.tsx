import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { cn } from "@/lib/cn";
import { Button } from "./button";

interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description?: ReactNode;
  children?: ReactNode;
  wide?: boolean;
  /** Takes the focus when the dialog closes; default: what had it before. */
  returnFocus?: () => void;
}

/** A window over the page: a sheet from below on a phone. Esc closes it. */
export function Dialog({ open, onOpenChange, title, description, children, wide, returnFocus }: DialogProps) {
  const before = useRef<Element | null>(null);
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/45 backdrop-blur-[2px]" />
        <Radix.Content
          onOpenAutoFocus={(e) => {
            before.current = document.activeElement;
            const first = (e.currentTarget as HTMLElement).querySelector<HTMLElement>("[data-first]");
            if (!first) return;
            e.preventDefault();
            first.focus();
          }}
          onCloseAutoFocus={(e) => {
            e.preventDefault();
            if (returnFocus) returnFocus();
            else if (before.current instanceof HTMLElement) before.current.focus();
          }}
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn(
            "arrive fixed z-50 flex max-h-[85dvh] flex-col rounded-t-3xl border border-line bg-surface p-5 shadow-card",
            "inset-x-0 bottom-0 pb-[max(1.25rem,env(safe-area-inset-bottom))]",
            "sm:inset-auto sm:top-1/2 sm:left-1/2 sm:w-full sm:-translate-1/2 sm:rounded-3xl sm:p-6",
            wide ? "sm:max-w-3xl" : "sm:max-w-md",
          )}
        >
          <div className="flex items-start justify-between gap-4">
            <Radix.Title className="font-display text-xl leading-snug font-semibold">{title}</Radix.Title>
            <Radix.Close asChild>
              <Button look="ghost" size="iconSm" aria-label="Close" className="-mt-1 -mr-2">
                <X aria-hidden />
              </Button>
            </Radix.Close>
          </div>
          {description && (
            <Radix.Description asChild>
              <div className="mt-2 text-muted">{description}</div>
            </Radix.Description>
          )}
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps extends Omit<DialogProps, "children" | "wide"> {
  action: string;
  /** Leaves everything as it is; default: "Keep it". */
  keep?: string;
  danger?: boolean;
  /** Does it; the dialog closes when it has been done. */
  onConfirm: () => Promise<void> | void;
}

/** A question before something that can't be undone. */
export function Confirm({ action, keep = "Keep it", danger, onConfirm, ...dialog }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    try {
      await onConfirm();
    } finally {
      setBusy(false);
      dialog.onOpenChange(false);
    }
  };
  return (
    <Dialog {...dialog}>
      <div className="mt-6 flex flex-col-reverse gap-2 sm:flex-row sm:justify-end">
        <Button data-first onClick={() => dialog.onOpenChange(false)}>
          {keep}
        </Button>
        <Button look={danger ? "danger" : "primary"} disabled={busy} onClick={() => void confirm()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
