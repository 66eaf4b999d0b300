import { UserRound } from "lucide-react";
import type { Whoami } from "@/gen/api";
import { cn } from "@/lib/cn";
import { Link, usePath } from "@/lib/router";
import { isAt, placesFor, type Place } from "./nav";

const mePlace: Place = { href: "/me", label: "Me", icon: UserRound, areas: ["me", "people"] };

/** The main places at the bottom of a phone, where the thumb is. */
export function TabBar({ me }: { me: Whoami }) {
  const path = usePath();
  return (
    <nav
      aria-label="Main"
      className="fixed inset-x-0 bottom-0 z-20 flex justify-around border-t border-line bg-surface/95 px-2 pb-[env(safe-area-inset-bottom)] backdrop-blur-md in-data-keyboard:hidden md:hidden"
    >
      {[...placesFor(me).filter((p) => !p.wide), mePlace].map((place) => {
        const here = isAt(place, path);
        return (
          <Link
            key={place.href}
            href={place.href}
            aria-current={here ? "page" : undefined}
            className={cn(
              "flex min-w-13 flex-col items-center gap-0.5 rounded-xl pt-2 pb-1.5 text-[0.72rem] font-medium",
              here ? "text-accent-ink" : "text-muted",
            )}
          >
            <span className={cn("grid h-8 w-12 place-items-center rounded-full transition-colors", here && "bg-accent-soft")}>
              <place.icon aria-hidden className="size-5.5" />
            </span>
            {place.label}
          </Link>
        );
      })}
    </nav>
  );
}
