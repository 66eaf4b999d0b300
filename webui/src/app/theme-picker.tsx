import { Monitor, Moon, Sun } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuChoice } from "@/components/ui/menu";
import { cn } from "@/lib/cn";
import { useStore } from "@/lib/store";
import { chooseTheme, theme, themeChoice, type ThemeChoice } from "@/lib/theme";

const choices: { value: ThemeChoice; label: string; icon: typeof Sun }[] = [
  { value: "system", label: "Like the device", icon: Monitor },
  { value: "light", label: "Day", icon: Sun },
  { value: "dark", label: "Evening", icon: Moon },
];

/** The choice of colours as a row of buttons. */
export function ThemePicker() {
  const chosen = useStore(themeChoice);
  return (
    <div role="group" aria-label="Colours" className="grid grid-cols-3 gap-1 rounded-2xl bg-sunken p-1">
      {choices.map(({ value, label, icon: Icon }) => (
        <button
          key={value}
          type="button"
          aria-pressed={chosen === value}
          onClick={() => chooseTheme(value)}
          className={cn(
            "flex min-h-11 flex-col items-center justify-center gap-1 rounded-xl px-2 py-2 text-sm font-medium transition-colors",
            chosen === value ? "bg-surface shadow-card" : "text-muted hover:text-ink",
          )}
        >
          <Icon aria-hidden className="size-5" />
          {label}
        </button>
      ))}
    </div>
  );
}

/** The same choice as a menu, for the header. */
export function ThemeMenu() {
  const chosen = useStore(themeChoice);
  const Icon = useStore(theme) === "dark" ? Moon : Sun;
  return (
    <Menu
      trigger={
        <Button look="ghost" size="icon" aria-label="Colours">
          <Icon aria-hidden />
        </Button>
      }
    >
      {choices.map(({ value, label, icon: ItemIcon }) => (
        <MenuChoice key={value} checked={chosen === value} onSelect={() => chooseTheme(value)}>
          <ItemIcon aria-hidden />
          {label}
        </MenuChoice>
      ))}
    </Menu>
  );
}
