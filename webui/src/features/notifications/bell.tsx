import { Bell as BellIcon } from "lucide-react";
import { useEffect } from "react";
import type { Note } from "@/gen/api";
import { client } from "@/app/client";
import { toastNews } from "@/components/ui/toast";
import { useLive } from "@/lib/live";
import { Link, usePath } from "@/lib/router";
import { inbox } from "./inbox";
import { pageOf } from "./notes";

/** The way to the inbox, with how much in it is new. */
export function Bell() {
  const state = useLive(inbox);
  const path = usePath();
  const unread = state.status === "ready" ? state.value.unread : 0;
  useEffect(() => {
    if (unread > 0) void navigator.setAppBadge?.(unread).catch(() => {});
    else void navigator.clearAppBadge?.().catch(() => {});
  }, [unread]);
  const words = unread === 0 ? "Notifications" : `Notifications, ${unread} new`;
  return (
    <Link
      href="/notifications"
      aria-label={words}
      title={words}
      aria-current={path === "/notifications" ? "page" : undefined}
      className="relative grid size-10 place-items-center rounded-full hover:bg-sunken pointer-coarse:size-11"
    >
      <BellIcon aria-hidden className="size-5" />
      {unread > 0 && (
        <span
          aria-hidden
          className="absolute top-0.5 right-0 grid h-5 min-w-5 place-items-center rounded-full bg-accent px-1 text-[0.7rem] font-semibold text-on-accent tabular-nums"
        >
          {unread > 99 ? "99+" : unread}
        </span>
      )}
    </Link>
  );
}

/** Tells of what comes in while somebody looks at the app. */
export function NewsWatch() {
  useEffect(
    () =>
      client.subscribe("notifications.changed", {
        onEvent: ({ note }) => note && !document.hidden && window.location.pathname !== "/notifications" && tell(note),
        onReset: () => {},
        onError: () => {}, // the bell says it
      }),
    [],
  );
  return null;
}

function tell(note: Note): void {
  const title = note.from ? `${note.from}: ${note.title}` : note.title;
  toastNews(title, pageOf(note) ?? "/notifications");
}
