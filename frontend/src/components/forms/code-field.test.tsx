import { EditorView } from "@codemirror/view";
import { act, cleanup, fireEvent, render, screen, waitFor } from "@testing-library/react";
import { useState } from "react";
import { afterEach, expect, it, vi } from "vitest";
import "@/testing/patience";
import { Field } from "@/components/ui/field";
import { CodeField, type Language } from "./code-field";

Range.prototype.getClientRects = () => [] as unknown as DOMRectList; // jsdom has no layout

vi.setConfig({ testTimeout: 30_000 }); // the editor is a large import
afterEach(cleanup);

const changes = vi.fn<(value: string) => void>();
const latest = () => changes.mock.lastCall?.[0];
function Held({ language = "template", initial = "", ...rest }: HeldProps) {
  const [value, setValue] = useState(initial);
  return (
    <fieldset disabled={rest.disabled}>
      <button type="button" onClick={() => setValue("from outside")}>
        Outside
      </button>
      <Field label="Text" help="Help.">
        {(wiring) => (
          <CodeField
            wiring={wiring}
            language={language}
            value={value}
            onChange={(next) => {
              changes(next);
              setValue(next);
            }}
            singleLine={rest.singleLine}
          />
        )}
      </Field>
    </fieldset>
  );
}

interface HeldProps {
  language?: Language;
  initial?: string;
  singleLine?: boolean;
  disabled?: boolean;
}

async function editor(): Promise<EditorView> {
  await waitFor(() => expect(screen.getByLabelText("Text").className).toContain("cm-content"), {
    timeout: 20_000,
  });
  return EditorView.findFromDOM(screen.getByLabelText("Text"))!;
}

it("keeps what is typed before the editor is there, with focus and selection", async () => {
  render(<Held initial="ab" />);
  const area = screen.getByLabelText("Text") as HTMLTextAreaElement;
  expect(area.tagName).toBe("TEXTAREA");
  area.focus();
  fireEvent.change(area, { target: { value: "abc" } });
  area.setSelectionRange(1, 2);
  const view = await editor();
  expect(view.state.doc.toString()).toBe("abc");
  expect(document.activeElement).toBe(view.contentDOM);
  expect([view.state.selection.main.from, view.state.selection.main.to]).toEqual([1, 2]);
});

it("tells what is typed, and takes what comes from outside", async () => {
  render(<Held />);
  const view = await editor();
  act(() => view.dispatch({ changes: { from: 0, insert: "{{ x }}" }, userEvent: "input.type" }));
  expect(latest()).toBe("{{ x }}");
  fireEvent.click(screen.getByText("Outside"));
  expect(view.state.doc.toString()).toBe("from outside");
});

it("is wired to its label and help, and locked where the form is", async () => {
  render(<Held disabled />);
  const view = await editor();
  const described = view.contentDOM.getAttribute("aria-describedby")!;
  expect(document.getElementById(described)?.textContent).toBe("Help.");
  expect(view.state.readOnly).toBe(true);
});

it("holds one line where one is meant", async () => {
  render(<Held singleLine />);
  const view = await editor();
  act(() => view.dispatch({ changes: { from: 0, insert: "a\nb" }, userEvent: "input.paste" }));
  expect(view.state.doc.toString()).toBe("a b");
  act(() => view.dispatch({ changes: { from: 1, insert: "\n" }, userEvent: "input.type" }));
  expect(latest()).toBe("a b");
});

it("puts in what the picker chooses", async () => {
  render(<Held initial="n: " />);
  const view = await editor();
  act(() => {
    view.dispatch({ selection: { anchor: 3 } });
    view.contentDOM.dispatchEvent(new CustomEvent("insert-text", { detail: "{{ a.b }}" }));
  });
  expect(latest()).toBe("n: {{ a.b }}");
});
