import {
  ChartLine,
  CodeXml,
  Database,
  Film,
  Folder,
  Globe,
  House,
  Leaf,
  Package,
  Server,
  SquareTerminal,
  Wrench,
  type LucideIcon,
} from "lucide-react";
import type { Icon } from "@/gen/api";

/** The pictures that stand beside terminals, and what to call them. */
export const icons: Record<Icon, { Image: LucideIcon; label: string }> = {
  terminal: { Image: SquareTerminal, label: "Terminal" },
  server: { Image: Server, label: "Server" },
  home: { Image: House, label: "Home" },
  folder: { Image: Folder, label: "Folder" },
  code: { Image: CodeXml, label: "Code" },
  package: { Image: Package, label: "Package" },
  database: { Image: Database, label: "Database" },
  chart: { Image: ChartLine, label: "Chart" },
  globe: { Image: Globe, label: "Globe" },
  media: { Image: Film, label: "Film" },
  wrench: { Image: Wrench, label: "Wrench" },
  leaf: { Image: Leaf, label: "Leaf" },
};

/** A terminal's picture; for people who see it only. */
export function SessionIcon({ icon, className }: { icon: Icon; className?: string }) {
  const { Image } = icons[icon] ?? icons.terminal;
  return <Image aria-hidden className={className} />;
}
