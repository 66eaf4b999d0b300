// The service worker: shows what is pushed while the app is closed, and a page
// that says what to do when Homie can't be reached. It never stands between the
// app and the gateway: nothing else is cached.
const CACHE = "homie-away-1";
const AWAY = ["/away.html", "/away.css", "/icon.svg"];

self.addEventListener("install", (event) => {
  event.waitUntil(
    caches
      .open(CACHE)
      .then((cache) => cache.addAll(AWAY))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener("activate", (event) => {
  event.waitUntil(
    caches
      .keys()
      .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
      .then(() => self.clients.claim()),
  );
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { pathname, origin } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match("/away.html")));
  } else if (AWAY.includes(pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(pathname)));
  }
});

self.addEventListener("push", (event) => {
  let message = {};
  try {
    message = event.data?.json() ?? {};
  } catch {
    // Something has to be shown all the same: browsers ask for that.
  }
  const { title = "Homie", body = "Something happened at home.", tag, navigate } = message.notification ?? {};
  const count = Number(message.app_badge);
  event.waitUntil(
    Promise.all([
      self.registration.showNotification(title, {
        body,
        tag: tag || undefined,
        renotify: Boolean(tag),
        icon: "/icon-192.png",
        badge: "/icon-192.png",
        data: { navigate },
      }),
      Number.isFinite(count) ? self.navigator.setAppBadge?.(count)?.catch(() => {}) : undefined,
    ]),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data?.navigate));
});

/** Goes to a page of the app, in a window that is there if there is one. */
async function open(navigate) {
  let to = new URL("/notifications", self.location.origin);
  try {
    const asked = new URL(navigate, self.location.origin);
    if (asked.origin === self.location.origin) to = asked;
  } catch {
    // It names no page.
  }
  const windows = await self.clients.matchAll({ type: "window" });
  for (const client of windows) {
    try {
      await client.focus();
      client.postMessage({ open: to.pathname });
      return;
    } catch {
      // It is gone, or may not come to the front.
    }
  }
  await self.clients.openWindow(to.href);
}
