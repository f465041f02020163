import { texts } from "./texts.js";
import { defineConfig } from "vitest/config";

export default defineConfig({
  plugins: [texts()],
  resolve: { alias: { "@": new URL("./src", import.meta.url).pathname } },
  test: {
    environment: "jsdom",
    setupFiles: "src/lib/i18n.ts",
    testTimeout: 20_000,
    include: ["src/**/*.test.{ts,tsx}"],
  },
});
