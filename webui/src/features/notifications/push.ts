import type { Registration } from "@/gen/api";
import { client } from "@/app/client";
import { navigate } from "@/lib/router";
import { Store } from "@/lib/store";

/**
 * Whether this browser shows what is pushed: it can't at all, it could once the
 * app is on the home screen, the person said no, it is off, or it is on.
 */
export type PushState = "unknown" | "insecure" | "unsupported" | "install" | "denied" | "off" | "on";

export const pushState = new Store<PushState>("unknown");

/** Starts the service worker, which shows what is pushed and the page of those who are away. */
export function startWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  navigator.serviceWorker.register("/sw.js").catch(() => {
    // Nothing of the app depends on it; the notifications page says that it does not run.
  });
  navigator.serviceWorker.addEventListener("message", (event: MessageEvent<{ open?: unknown }>) => {
    const to = event.data?.open;
    if (typeof to === "string" && to.startsWith("/") && !to.startsWith("//")) navigate(to);
  });
}

/** Looks how it is, and renews what the gateway knows of this browser. */
export async function lookAtPush(registrations: Registration[], key: string): Promise<void> {
  pushState.set(await stateOf(registrations, key));
}

async function stateOf(registrations: Registration[], key: string): Promise<PushState> {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) {
    return isIOS() && !isInstalled() ? "install" : "unsupported";
  }
  if (Notification.permission === "denied") return "denied";
  const subscription = await current();
  if (!subscription || Notification.permission !== "granted") return "off";
  if (!sameKey(subscription, key)) {
    await subscription.unsubscribe(); // it is of another Homie, or one that was set up anew
    return "off";
  }
  if (!registrations.some((r) => r.here)) await tellGateway(subscription);
  return "on";
}

async function current(): Promise<PushSubscription | null> {
  const worker = await navigator.serviceWorker.getRegistration("/");
  return (await worker?.pushManager.getSubscription()) ?? null;
}

/** Has this browser show what is pushed. Call it from a tap: browsers ask then. */
export async function turnOn(key: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    pushState.set(Notification.permission === "denied" ? "denied" : "off");
    return;
  }
  const worker = await navigator.serviceWorker.ready;
  const subscription = await worker.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytesOf(key) });
  await tellGateway(subscription);
  pushState.set("on");
}

export async function turnOff(here: Registration | undefined): Promise<void> {
  await (await current())?.unsubscribe();
  if (here) await client.call("notifications.unregister", { id: here.id });
  pushState.set("off");
}

async function tellGateway(subscription: PushSubscription): Promise<void> {
  const { endpoint, keys } = subscription.toJSON();
  await client.call("notifications.register", { kind: "webpush", url: endpoint ?? "", p256dh: keys?.p256dh ?? "", auth: keys?.auth ?? "" });
}

/** The bytes of a key in base64url. */
export function bytesOf(key: string): Uint8Array<ArrayBuffer> {
  const text = atob(key.replaceAll("-", "+").replaceAll("_", "/"));
  return Uint8Array.from(text, (c) => c.charCodeAt(0));
}

function sameKey(subscription: PushSubscription, key: string): boolean {
  const has = subscription.options.applicationServerKey;
  if (!has) return true; // this browser does not say
  const want = bytesOf(key);
  const got = new Uint8Array(has);
  return got.length === want.length && got.every((b, i) => b === want[i]);
}

function isIOS(): boolean {
  return /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);
}

export function isInstalled(): boolean {
  return window.matchMedia("(display-mode: standalone)").matches;
}
