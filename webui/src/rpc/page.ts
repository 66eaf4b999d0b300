import type { Client } from "./client";

/** Tells the client when the page is seen and when the network is back. */
export function followPage(client: Client): void {
  const seen = () => client.setVisible(document.visibilityState === "visible");
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pageshow", seen);
  window.addEventListener("online", () => client.wake());
  seen();
}
