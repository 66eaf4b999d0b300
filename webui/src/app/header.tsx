import type { Whoami } from "@/gen/api";
import { Mark } from "@/components/mark";
import { Avatar } from "@/features/identity/avatar";
import { can } from "@/features/identity/rights";
import { Bell } from "@/features/notifications/bell";
import { cn } from "@/lib/cn";
import { Link, usePath } from "@/lib/router";
import { ConnectionState } from "./connection-state";
import { isAt, placesFor } from "./nav";
import { ThemeMenu } from "./theme-picker";

/** The top of every page. In a terminal it is lower, and on a phone gone when
 * the soft keyboard is up. */
export function Header({ me, compact }: { me: Whoami; compact?: boolean }) {
  const path = usePath();
  return (
    <header
      className={cn(
        "z-20 flex shrink-0 items-center gap-1 px-[max(0.75rem,env(safe-area-inset-left))] pt-[env(safe-area-inset-top)] sm:gap-2 sm:px-6",
        compact
          ? "h-13 border-b border-line in-data-keyboard:hidden short:hidden"
          : "h-16",
      )}
    >
      <Link href="/" aria-label="Homie, machines" className="flex items-center gap-2.5 rounded-xl p-1.5 sm:mr-4">
        <Mark className="size-8" />
        <span className="font-display text-[1.4rem] font-semibold tracking-tight">Homie</span>
      </Link>
      <nav aria-label="Main" className="hidden items-center gap-1 md:flex">
        {placesFor(me).map((place) => {
          const here = isAt(place, path);
          return (
            <Link
              key={place.href}
              href={place.href}
              aria-current={here ? "page" : undefined}
              className={cn(
                "flex min-h-10 items-center gap-2 rounded-xl px-3 text-[0.95rem] font-medium transition-colors",
                here ? "bg-sunken text-ink" : "text-muted hover:bg-sunken/70 hover:text-ink",
              )}
            >
              <place.icon aria-hidden className="size-4.5" />
              {place.label}
            </Link>
          );
        })}
      </nav>
      <div className="ml-auto flex items-center gap-1 sm:gap-2">
        <ConnectionState />
        {can(me, "notifications:use") && <Bell />}
        <ThemeMenu />
        <Link
          href="/me"
          aria-label={`Who am I: ${me.name}`}
          title={`Who am I: ${me.name}`}
          aria-current={path === "/me" ? "page" : undefined}
          className="rounded-full p-1 hover:bg-sunken"
        >
          <Avatar me={me} />
        </Link>
      </div>
    </header>
  );
}
