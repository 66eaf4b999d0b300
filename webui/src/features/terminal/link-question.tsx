import { Confirm } from "@/components/ui/dialog";
import { useStore } from "@/lib/store";
import { asking, openAddress } from "./links";

/** Shows where a link leads before it is followed. */
export function LinkQuestion({ returnFocus }: { returnFocus: () => void }) {
  const link = useStore(asking);
  return (
    <Confirm
      open={link !== null}
      onOpenChange={(open) => !open && asking.set(null)}
      returnFocus={returnFocus}
      title="Open this link?"
      description={
        <>
          A program in the terminal wrote it. It leads to
          <span className="mt-3 block max-h-40 overflow-auto rounded-xl bg-sunken p-3 font-mono text-[0.8rem] break-all text-ink">
            {link?.address}
          </span>
        </>
      }
      keep="Stay here"
      action="Open it"
      onConfirm={() => openAddress(link?.address ?? "")}
    />
  );
}
