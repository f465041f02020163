import { texts } from "./texts.js";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.PIPELIT_URL ?? "http://127.0.0.1:8000";

export default defineConfig(({ command }) => ({
  plugins: [texts(), react(), tailwindcss()],
  base: command === "build" ? "/static/editor/" : "/",
  resolve: { alias: { "@": "/src" } },
  build: {
    outDir: "dist",
    target: "es2022",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 750, // kB, not compressed; what each page may load is tested in tests/browser
  },
  worker: { format: "es" },
  server: {
    proxy: {
      "/api": server,
      "/static": server,
      "/ws": { target: server, ws: true },
    },
  },
}));
