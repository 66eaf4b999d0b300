import type { Note, NotificationsChanged } from "@/gen/api";

/** What a person was told, the latest first. */
export interface Inbox {
  notes: Note[];
  unread: number;
  more: boolean;
}

/** An inbox after news of it, or null where it has to be read again. */
export function withNews(was: Inbox, news: NotificationsChanged): Inbox | null {
  const { note, unread } = news;
  if (!note) return null; // something was read, on this device or another
  const others = was.notes.filter((n) => n.id !== note.id && (note.tag === "" || n.read || n.tag !== note.tag));
  return { ...was, notes: [note, ...others], unread };
}

/** Where a note leads, if that is a page of this app. */
export function pageOf(note: Note): string | null {
  return note.path.startsWith("/") && !note.path.startsWith("//") ? note.path : null;
}
