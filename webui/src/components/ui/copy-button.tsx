import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { copyText } from "@/lib/clipboard";
import { Button, type ButtonLook } from "./button";
import { toastError } from "./toast";

/** A button that puts text on the clipboard and says so. */
export function CopyButton({ text, children, ...look }: { text: string; children: string } & ButtonLook) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = setTimeout(() => setCopied(false), 2_500);
    return () => clearTimeout(timer);
  }, [copied]);
  const copy = () => {
    copyText(text).then(
      () => setCopied(true),
      (err) => toastError("That could not be copied", err),
    );
  };
  return (
    <Button onClick={copy} {...look}>
      {copied ? <Check aria-hidden /> : <Copy aria-hidden />}
      <span aria-live="polite">{copied ? "Copied" : children}</span>
    </Button>
  );
}
