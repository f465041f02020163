import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { cleanup, fireEvent, render, screen } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import "@/testing/patience";
import { CategoriesWidget } from "./categories-widget";
import { CronWidget } from "./cron-widget";
import { JsonSchemaWidget } from "./json-schema-widget";
import { KeyValueWidget } from "./key-value-widget";
import { RulesWidget } from "./rules-widget";
import type { Widget } from "./widget";

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** A widget that holds its value; the answer is what it said last. */
function held(Control: Widget, initial: unknown, properties = {}) {
  const said = vi.fn();
  function Holder() {
    const [value, setValue] = useState(initial);
    return (
      <QueryClientProvider client={new QueryClient()}>
        <Control
          wiring={{ id: "it" }}
          field={{ nullable: true }}
          root={{ properties }}
          name="it"
          value={value}
          onChange={(next) => {
            said(next);
            setValue(next);
          }}
          siblings={() => "Europe/Berlin"}
        />
      </QueryClientProvider>
    );
  }
  render(<Holder />);
  return () => said.mock.lastCall?.[0];
}

const put = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

it("takes a field's name when it is left, and keeps what is written of its choices", () => {
  const last = held(JsonSchemaWidget, null);
  fireEvent.click(screen.getByText("Add a field"));
  put("Name of field 1", "size");
  fireEvent.blur(screen.getByLabelText("Name of field 1"));
  put("Choices of field 1", "small, ");
  expect((screen.getByLabelText("Choices of field 1") as HTMLInputElement).value).toBe("small, ");
  expect(last()).toEqual({ type: "object", properties: { size: { type: "string", enum: ["small"] } } });
});

it("shows a schema that is no list of fields as JSON", () => {
  held(JsonSchemaWidget, { type: "array" });
  expect(screen.queryByText("Add a field")).toBeNull();
  expect(screen.getByText(/no plain list of fields/)).toBeTruthy();
});

it("orders categories and refuses a name twice", () => {
  const last = held(CategoriesWidget, [{ name: "a" }, { name: "b" }]);
  fireEvent.click(screen.getByLabelText("Move category 2 up"));
  expect(last()).toEqual([{ name: "b" }, { name: "a" }]);
  put("Name of category 2", "b");
  expect(screen.getByText("This name is there already.")).toBeTruthy();
});

it("leads from adding a row into its first field", () => {
  held(KeyValueWidget, { a: 1 });
  fireEvent.click(screen.getByRole("button", { name: "Add" }));
  expect(document.activeElement).toBe(screen.getByLabelText("Name 2"));
});

it("gives the rules of a switch ids and outputs, those of a filter neither", () => {
  const ofSwitch = held(RulesWidget, [], { enable_fallback: {} });
  fireEvent.click(screen.getByText("Add a rule"));
  expect(ofSwitch()).toMatchObject([{ id: "rule_1" }]);
  expect(screen.getByLabelText("Output of rule 1")).toBeTruthy();
  cleanup();
  const ofFilter = held(RulesWidget, [], { source_node: {} });
  fireEvent.click(screen.getByText("Add a rule"));
  expect(ofFilter()).toEqual([{ field: "", operator: "equals", value: "" }]);
  expect(screen.queryByLabelText("Output of rule 1")).toBeNull();
});

it("asks for no value where an operator takes none", () => {
  const last = held(RulesWidget, [{ field: "a", operator: "equals", value: "x" }]);
  put("Operator of rule 1", "exists");
  expect(last()).toEqual([{ field: "a", operator: "exists" }]);
  expect(screen.queryByLabelText("Value of rule 1")).toBeNull();
});

it("asks the server when a cron line comes true, in the zone beside it", async () => {
  const fires = [{ at: "2026-03-29T01:00:00Z", local: "2026-03-29T03:00:00+02:00", clock_changed: true }];
  const asked = vi.fn(async () => Response.json({ fires }));
  vi.stubGlobal("fetch", asked);
  const last = held(CronWidget, "0 3 * * *");
  expect(await screen.findByText("Sun, 29 Mar 2026, 03:00")).toBeTruthy();
  expect(screen.getByText("+02:00")).toBeTruthy();
  expect(screen.getByText("clocks change")).toBeTruthy();
  const [, sent] = asked.mock.lastCall as unknown as [string, RequestInit];
  expect(JSON.parse(String(sent.body))).toEqual({ cron: "0 3 * * *", timezone: "Europe/Berlin" });
  fireEvent.change(document.getElementById("it")!, { target: { value: "minutes" } });
  expect(last()).toBe("*/15 * * * *");
});
