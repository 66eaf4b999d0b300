import type { ClientRequest, IncomingMessage } from "node:http";
import type { ProxyOptions } from "vite";

/**
 * How Vite passes a request on to a door of the box, which checks who asks.
 * What comes from a page that Vite served becomes what a page of the door would
 * send; anything else keeps its Host and Origin, so that the door refuses it.
 */
export function toDoor(target: string): ProxyOptions {
  const { host, origin } = new URL(target);
  const dress = (out: ClientRequest, { headers }: IncomingMessage) => {
    if (!/^(localhost|127\.0\.0\.1):\d+$/.test(headers.host ?? "")) return;
    if (headers.origin === `http://${headers.host}`) out.setHeader("Origin", origin);
    out.setHeader("Host", host);
  };
  return {
    target,
    configure: (proxy) => {
      proxy.on("proxyReq", dress);
      proxy.on("proxyReqWs", dress);
    },
  };
}
