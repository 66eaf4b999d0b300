import * as Radix from "@radix-ui/react-dropdown-menu";
import { Check } from "lucide-react";
import type { ReactNode } from "react";
import { cn } from "@/lib/cn";

interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "end";
  /** Where focus goes when the menu closes; default: the trigger. */
  onCloseAutoFocus?: (e: Event) => void;
}

/** A list of actions that opens from a button. */
export function Menu({ trigger, children, align = "end", onCloseAutoFocus }: MenuProps) {
  return (
    <Radix.Root modal={false}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          align={align}
          sideOffset={6}
          collisionPadding={8}
          onCloseAutoFocus={onCloseAutoFocus}
          className="arrive z-50 max-h-(--radix-dropdown-menu-content-available-height) min-w-52 overflow-y-auto rounded-2xl border border-line bg-surface p-1.5 shadow-card"
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

const item = cn(
  "flex min-h-11 w-full cursor-pointer items-center gap-3 rounded-xl px-3 text-[0.95rem] outline-none select-none sm:min-h-10",
  "data-highlighted:bg-sunken data-disabled:opacity-50 [&_svg]:size-[1.1em] [&_svg]:shrink-0",
);

export function MenuItem({
  danger,
  className,
  ...rest
}: Radix.DropdownMenuItemProps & { danger?: boolean }) {
  return <Radix.Item className={cn(item, danger && "text-bad", className)} {...rest} />;
}

export function MenuChoice({ checked, children, ...rest }: Radix.DropdownMenuCheckboxItemProps) {
  return (
    <Radix.CheckboxItem className={item} checked={checked} {...rest}>
      {children}
      {checked && <Check aria-hidden className="ml-auto text-accent-ink" />}
    </Radix.CheckboxItem>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <Radix.Label className="px-3 pt-2 pb-1 text-[0.8rem] text-muted">{children}</Radix.Label>;
}

export function MenuLine() {
  return <Radix.Separator className="mx-2 my-1.5 h-px bg-line" />;
}
