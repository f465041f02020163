import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { EditorView } from "@codemirror/view";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, describe, expect, it, vi } from "vitest";
import "@/testing/patience";
import type { Schema } from "@/api/types";
import { CodeWidget, ExpressionWidget } from "./code-widget";
import { resolved, SchemaForm } from "./schema-form";
import { widgetOf, WIDGETS } from "./widgets";

vi.setConfig({ testTimeout: 30_000 }); // the editor is a large import
afterEach(cleanup);

const RULE: Schema = {
  properties: {
    id: { type: "string", title: "Id", default: "" },
    operator: { type: "string", title: "Operator", enum: ["equals", "gt"], default: "equals" },
  },
};
const SCHEMA: Schema = {
  $defs: { Rule: RULE },
  properties: {
    text: { type: "string", title: "Text", description: "Help." },
    size: { anyOf: [{ type: "integer", minimum: 1 }, { type: "null" }], title: "Size", default: null },
    on: { type: "boolean", title: "On", default: false },
    mode: { type: "string", title: "Mode", enum: ["a", "b"], default: "a" },
    values: { type: "object", title: "Values", widget: "key_value" },
    rules: { type: "array", title: "Rules", widget: "rules", items: { $ref: "#/$defs/Rule" } },
    any: { title: "Any", widget: "json" },
    retries: { type: "integer", title: "Retries", default: 3 },
  },
};

function shown(initial: Record<string, unknown> = {}, errors?: Record<string, string>) {
  const changes = vi.fn();
  function Form() {
    const [data, setData] = useState(initial);
    return (
      <QueryClientProvider client={new QueryClient()}>
        <SchemaForm
          schema={SCHEMA}
          value={(name, field) => data[name] ?? field.default}
          onChange={(name, _field, value) => {
            changes(name, value);
            setData({ ...data, [name]: value });
          }}
          errors={errors}
          groupOf={(name) => (name === "retries" ? "More" : undefined)}
        />
      </QueryClientProvider>
    );
  }
  render(<Form />);
  return changes;
}

/** The code editor of a field, once it has taken the place of the text area. */
async function codeEditor(label: string): Promise<EditorView> {
  await waitFor(() => expect(screen.getByLabelText(label).className).toContain("cm-content"), {
    timeout: 20_000,
  });
  return EditorView.findFromDOM(screen.getByLabelText(label))!;
}

const write = (editor: EditorView, insert: string) =>
  act(() => editor.dispatch({ changes: { from: 0, to: editor.state.doc.length, insert } }));

const type = (label: string, value: string) =>
  fireEvent.change(screen.getByLabelText(label), { target: { value } });

describe("SchemaForm", () => {
  it("puts a box to tick before its label, other controls below", () => {
    shown();
    const after = (label: string) =>
      screen.getByText(label).compareDocumentPosition(screen.getByLabelText(label)) &
      Node.DOCUMENT_POSITION_FOLLOWING;
    expect(after("On")).toBe(0);
    expect(after("Mode")).not.toBe(0);
  });

  it("shows a control per field, with help and error wired to it", () => {
    shown({}, { text: "Too short." });
    const field = screen.getByLabelText("Text");
    expect(field.getAttribute("aria-invalid")).toBe("true");
    const described = field.getAttribute("aria-describedby")!.split(" ");
    expect(described.map((id) => document.getElementById(id)?.textContent)).toEqual(["Help.", "Too short."]);
    expect(screen.queryByLabelText("Retries")).toBeNull();
  });

  it("gives typed values", () => {
    const changes = shown();
    type("Text", "hi");
    type("Size", "3");
    type("Size", "");
    fireEvent.click(screen.getByLabelText("On"));
    type("Mode", "b");
    expect(changes.mock.calls).toEqual([
      ["text", "hi"],
      ["size", 3],
      ["size", null],
      ["on", true],
      ["mode", "b"],
    ]);
  });

  it("keeps JSON that is not valid yet to itself", async () => {
    const changes = shown();
    const editor = await codeEditor("Any");
    write(editor, '{"a": ');
    expect(changes).not.toHaveBeenCalled();
    expect(screen.getByText(/No valid JSON yet/)).toBeTruthy();
    write(editor, '{"a": 1}');
    expect(changes).toHaveBeenLastCalledWith("any", { a: 1 });
  });

  it("edits names and values", () => {
    const changes = shown({ values: { x: "1" } });
    type("Name 1", "");
    expect(changes).toHaveBeenLastCalledWith("values", {});
    type("Name 1", "y");
    expect(changes).toHaveBeenLastCalledWith("values", { y: "1" });
  });

  it("adds and removes rows of objects", () => {
    const changes = shown({ rules: [{ id: "rule_1" }] });
    fireEvent.click(screen.getByText("Add a rule"));
    const fresh = { field: "", operator: "equals", value: "" };
    expect(changes).toHaveBeenLastCalledWith("rules", [{ id: "rule_1" }, fresh]);
    fireEvent.click(screen.getByLabelText("Remove rule 1"));
    expect(changes).toHaveBeenLastCalledWith("rules", [fresh]);
  });
});

describe("widgets", () => {
  it("follow the hint, else the type", () => {
    expect(widgetOf({ type: "string", widget: "code" })).toBe(WIDGETS.code);
    expect(widgetOf({ type: "string", widget: "from the future" })).toBe(WIDGETS.text);
    expect(widgetOf({ type: "object" })).toBe(WIDGETS.json);
    expect(widgetOf({ type: "string", expression: true })).toBe(ExpressionWidget);
    expect(widgetOf({ type: "string", widget: "textarea", expression: true })).toBe(CodeWidget);
    expect(widgetOf(resolved(SCHEMA.properties!.size!, SCHEMA))).toBe(WIDGETS.number);
  });
});
