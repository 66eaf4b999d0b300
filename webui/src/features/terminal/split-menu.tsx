import { Columns2, Maximize2, Minimize2, PanelRight, Rows2, SquareArrowOutUpRight } from "lucide-react";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel, MenuLine } from "@/components/ui/menu";
import { useStore } from "@/lib/store";
import { has, type Side } from "./layout";
import { place, splitOf, splits, takeOut, zoomed } from "./splits";
import { belowKeys, besideKeys, zoomKeys } from "./shortcuts";
import { sameTab, tabPath, tabs, type Tab } from "./tabs";

interface Props {
  tab: Tab;
  /** Starts another terminal at a side of this one; null: the caller may not. */
  onSplit: ((side: Side) => void) | null;
  onFull: () => void;
  onLeft: () => void;
}

/** Terminals side by side: another one, one that is open already, or one alone. */
export function SplitMenu({ tab, onSplit, onFull, onLeft }: Props) {
  const open = useStore(tabs);
  const all = useStore(splits);
  const alone = useStore(zoomed);
  const split = splitOf(tab, all);
  const others = open.filter((t) => !sameTab(t, tab) && !(split && has(split, t)));
  return (
    <Menu
      trigger={
        <Button look="ghost" size="iconSm" aria-label="Split" title="Split" className="max-sm:hidden">
          <Columns2 aria-hidden />
        </Button>
      }
      onCloseAutoFocus={(e) => {
        e.preventDefault();
        onLeft();
      }}
    >
      {onSplit && (
        <>
          <Item icon={<Columns2 aria-hidden />} keys={besideKeys} onSelect={() => onSplit("right")}>
            New terminal beside
          </Item>
          <Item icon={<Rows2 aria-hidden />} keys={belowKeys} onSelect={() => onSplit("down")}>
            New terminal below
          </Item>
        </>
      )}
      {others.length > 0 && (
        <>
          {onSplit && <MenuLine />}
          <MenuLabel>Show beside</MenuLabel>
          {others.map((t) => (
            <MenuItem key={tabPath(t)} onSelect={() => place(t, tab, "right") || onFull()}>
              <PanelRight aria-hidden />
              {t.node} <span className="text-sm text-muted">{open.indexOf(t) + 1}. tab</span>
            </MenuItem>
          ))}
        </>
      )}
      {split && (
        <>
          <MenuLine />
          <Item icon={alone ? <Minimize2 aria-hidden /> : <Maximize2 aria-hidden />} keys={zoomKeys} onSelect={() => zoomed.set(!alone)}>
            {alone ? "Show all again" : "Show only this one"}
          </Item>
          <MenuItem onSelect={() => takeOut(tab)}>
            <SquareArrowOutUpRight aria-hidden />
            Take out of the split
          </MenuItem>
        </>
      )}
      {!onSplit && others.length === 0 && !split && <p className="px-3 py-2 text-muted">Open another terminal first.</p>}
    </Menu>
  );
}

function Item({ icon, keys, children, onSelect }: { icon: React.ReactNode; keys: string; children: React.ReactNode; onSelect: () => void }) {
  return (
    <MenuItem onSelect={onSelect}>
      {icon}
      {children}
      <span className="ml-auto pl-4 text-sm text-muted pointer-coarse:hidden">{keys}</span>
    </MenuItem>
  );
}
