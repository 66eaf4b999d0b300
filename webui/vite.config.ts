import react from "@vitejs/plugin-react";
import tailwindcss from "@tailwindcss/vite";
import { defineConfig } from "vitest/config";
import { toDoor } from "./scripts/door.ts";

// `make dev` serves the app from Vite and passes the protocol on to a door of
// the box; HOMIE_DEV_TARGET names another one.
const door = toDoor(process.env.HOMIE_DEV_TARGET ?? "http://127.0.0.1:7101");

export default defineConfig({
  define: { __VERSION__: JSON.stringify(process.env.HOMIE_VERSION ?? "dev") },
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  build: {
    target: "es2022",
    // The content security policy allows no inline anything, and a separate
    // small file is cached for a year.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 600,
  },
  server: {
    // Where doors want a one-time link, its ?box= opens them through Vite too.
    proxy: { "/rpc": { ...door, ws: true }, "/healthz": door, "^/\\?box=": door },
  },
  test: { include: ["{src,scripts}/**/*.test.ts"], environment: "node" },
});
