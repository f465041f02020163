import { expect, it } from "vitest";
import { doorOf } from "./door";

it.each([
  ["trigger_webhook", { path: "/orders/new/" }, "/webhooks/shop/orders/new"],
  ["trigger_webhook", {}, "/webhooks/shop/"],
  ["trigger_form", { path: "join" }, "/forms/shop/join"],
  ["trigger_chat", { public: true }, "/chat/shop/"],
  ["trigger_chat", { public: false }, null],
  ["trigger_manual", {}, null],
])("%s with %o is at %s", (kind, config: Record<string, unknown>, path) =>
  expect(doorOf(kind, "shop", (name) => config[name])).toBe(path),
);
