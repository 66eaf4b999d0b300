import {
  Archive, Box, Camera, ChartNoAxesColumn, Code, Database, Folder, Globe, HardDrive, House, Leaf, Lightbulb, Music, Play,
  Power, Printer, RefreshCw, Server, Shield, SquareTerminal, Tv, Wrench, type LucideIcon,
} from "lucide-react";

const icons: Record<string, LucideIcon> = {
  archive: Archive, backup: Archive, camera: Camera, chart: ChartNoAxesColumn, code: Code, database: Database, disk: HardDrive,
  folder: Folder, globe: Globe, home: House, leaf: Leaf, light: Lightbulb, media: Tv, music: Music, package: Box, power: Power,
  printer: Printer, refresh: RefreshCw, restart: RefreshCw, server: Server, shield: Shield, terminal: SquareTerminal, tv: Tv, wrench: Wrench,
};

/** The picture of a job, by the word in its file. */
export function JobIcon({ name, className }: { name: string; className?: string }) {
  const Icon = icons[name] ?? Play;
  return <Icon aria-hidden className={className} />;
}
