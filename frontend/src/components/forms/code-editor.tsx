/** CodeMirror as one of our fields. A chunk of its own: import it only as `code-field` does. */
import {
  autocompletion,
  closeBrackets,
  closeBracketsKeymap,
  completionKeymap,
  type CompletionContext,
} from "@codemirror/autocomplete";
import { indentWithTab } from "@codemirror/commands";
import { jinja } from "@codemirror/lang-jinja";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import { python } from "@codemirror/lang-python";
import { indentUnit } from "@codemirror/language";
import { linter } from "@codemirror/lint";
import { Annotation, Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, keymap, placeholder as ghost } from "@codemirror/view";
import { basicSetup, minimalSetup } from "codemirror";
import { useLayoutEffect, useRef, useState } from "react";
import { cn } from "@/lib/cn";
import { codeTheme } from "./code-theme";
import type { CodeFieldProps, Language } from "./code-field";
import { completionAt } from "./completion";

/** Marks what came from outside, such as undo on the canvas. */
const fromOutside = Annotation.define<boolean>();

const checked = jsonParseLinter();
const LANGUAGES: Record<Language, () => Extension> = {
  python: () => [basicSetup, python(), indentUnit.of("    "), keymap.of([indentWithTab])],
  json: () => [basicSetup, json(), linter((view) => (view.state.doc.toString().trim() ? checked(view) : []))],
  template: () => [
    minimalSetup,
    closeBrackets(),
    keymap.of([...closeBracketsKeymap, ...completionKeymap]),
    jinja(),
  ],
  text: () => [minimalSetup],
};

interface Props extends CodeFieldProps {
  /** Take the focus, with this selection. */
  selection: [number, number] | null;
}

export function CodeEditor({ selection, className, ...props }: Props) {
  const { language, singleLine, placeholder, value } = props;
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(null);
  const latest = useRef(props);
  const [attributes] = useState(() => new Compartment());
  useLayoutEffect(() => {
    latest.current = props;
  });
  useLayoutEffect(() => {
    const made = new EditorView({
      parent: host.current!,
      doc: latest.current.value,
      extensions: [
        LANGUAGES[language](),
        autocompletion({ override: latest.current.names ? [completed] : undefined, icons: false }),
        EditorView.lineWrapping,
        singleLine ? EditorState.transactionFilter.of(oneLine) : [],
        placeholder ? ghost(placeholder) : [],
        attributes.of([]),
        codeTheme,
        EditorView.updateListener.of((update) => {
          if (update.docChanged && !update.transactions.some((one) => one.annotation(fromOutside)))
            latest.current.onChange(update.state.doc.toString());
        }),
        EditorView.domEventHandlers({ "insert-text": inserted }),
      ],
    });
    view.current = made;
    if (selection) {
      made.dispatch({ selection: { anchor: selection[0], head: selection[1] } });
      made.focus();
    }
    return () => made.destroy();
    // oxlint-disable-next-line react-hooks/exhaustive-deps -- the selection is that of the beginning
  }, [language, singleLine, placeholder, attributes]);
  useLayoutEffect(() => {
    const made = view.current!;
    const length = made.state.doc.length;
    if (made.state.doc.toString() === value) return;
    const { anchor, head } = made.state.selection.main;
    made.dispatch({
      changes: { from: 0, to: length, insert: value },
      selection: { anchor: Math.min(anchor, value.length), head: Math.min(head, value.length) },
      annotations: fromOutside.of(true),
    });
  }, [value]);
  const wired = JSON.stringify(props.wiring);
  const locked = host.current?.closest("fieldset[disabled]") != null;
  useLayoutEffect(() => {
    const readOnly = host.current!.closest("fieldset[disabled]") !== null;
    view.current!.dispatch({
      effects: attributes.reconfigure([
        EditorView.contentAttributes.of(attributesOf(latest.current)),
        EditorState.readOnly.of(readOnly),
        EditorView.editable.of(!readOnly),
      ]),
    });
  }, [wired, locked, language, singleLine, placeholder, attributes]);
  function completed(context: CompletionContext) {
    const before = context.state.sliceDoc(0, context.pos);
    return completionAt(before, latest.current.names?.() ?? [], context.explicit);
  }
  return <div ref={host} className={cn("code-editor", className)} />;
}

function attributesOf({ wiring, singleLine }: CodeFieldProps): Record<string, string> {
  const { id, ...aria } = wiring;
  const given = Object.entries(aria).filter(([, value]) => value !== undefined);
  return {
    id,
    ...(aria["aria-label"] ? {} : { "aria-labelledby": `${id}-label` }),
    "aria-multiline": String(!singleLine),
    ...Object.fromEntries(given.map(([name, value]) => [name, String(value)])),
  };
}

/** Line breaks that are typed or pasted into a single line become spaces. */
const oneLine: Parameters<typeof EditorState.transactionFilter.of>[0] = (transaction) => {
  if (!transaction.docChanged || transaction.newDoc.lines === 1) return transaction;
  if (transaction.annotation(fromOutside)) return transaction;
  const typed = transaction.newDoc.toString();
  if (
    transaction.isUserEvent("input.type") &&
    typed.replaceAll("\n", "") === transaction.startState.doc.toString()
  )
    return []; // Enter
  const text = typed.replaceAll("\n", " ");
  return [
    { changes: { from: 0, to: transaction.startState.doc.length, insert: text } },
    { selection: transaction.newSelection },
  ];
};

/** What the variable picker puts in. */
function inserted(event: Event, view: EditorView): boolean {
  view.dispatch(view.state.replaceSelection((event as CustomEvent<string>).detail), { userEvent: "input" });
  view.focus();
  return true;
}
