import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import "@/testing/patience";
import { CredentialWidget } from "./credential-widget";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const kind = (credential_type: string) => ({
  credential_type,
  label: credential_type,
  description: `What ${credential_type} is for.`,
  schema: { properties: {} },
});

/** A server with one credential of each of two kinds. */
function server() {
  const items = ["llm", "signing"].map((name, id) => ({ id: id + 1, name, credential_type: name }));
  vi.stubGlobal("fetch", async (url: string, { method, body }: RequestInit = {}) => {
    if (url.includes("kinds")) return Response.json({ items: [kind("llm"), kind("signing")], total: 2 });
    if (method !== "POST") return Response.json({ items, total: items.length });
    const made = { id: 7, ...JSON.parse(String(body)) };
    items.push(made);
    return Response.json(made, { status: 201 });
  });
}

function Field({ widget }: { widget: string }) {
  const [value, setValue] = useState<unknown>(null);
  return (
    <CredentialWidget
      wiring={{ id: "it" }}
      field={{ widget }}
      root={{}}
      name="it"
      value={value}
      onChange={setValue}
      siblings={() => null}
    />
  );
}

function shown(widget: string) {
  server();
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Field widget={widget} />
    </QueryClientProvider>,
  );
}

it("offers the credentials of the kind that the hint names", async () => {
  shown("signing_credential");
  await screen.findByRole("option", { name: "signing" });
  expect(screen.queryByRole("option", { name: "llm" })).toBeNull();
});

it("offers those of all kinds where the hint names none", async () => {
  shown("credential");
  await screen.findByRole("option", { name: "signing" });
  await screen.findByRole("option", { name: "llm" });
});

it("makes a new one of that kind, and chooses it", async () => {
  shown("signing_credential");
  fireEvent.click(screen.getByRole("button", { name: "New credential…" }));
  await screen.findByText("What signing is for.");
  expect(screen.queryByLabelText("Kind")).toBeNull();
  fireEvent.change(screen.getByLabelText("Name"), { target: { value: "mine" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await vi.waitFor(() => expect(document.querySelector<HTMLSelectElement>("#it")!.value).toBe("7"));
  expect(screen.queryByRole("dialog")).toBeNull();
  expect(screen.getByRole("option", { name: "mine" })).toBeTruthy();
});
