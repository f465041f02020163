/** A field for code: a text area until the editor is loaded, which then takes over with text, focus and selection. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { flushSync } from "react-dom";
import { Textarea, type Wiring } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import type { CodeEditor } from "./code-editor";
import type { Name } from "./completion";

export type Language = "python" | "json" | "template" | "text";

export interface CodeFieldProps {
  wiring: Wiring & { "aria-label"?: string };
  language: Language;
  value: string;
  onChange: (value: string) => void;
  singleLine?: boolean;
  placeholder?: string;
  /** What can be named in an expression here; without it nothing is completed. */
  names?: () => Name[];
  className?: string;
}

interface Shown {
  Editor: typeof CodeEditor | null;
  selection: [number, number] | null;
}

let loaded: typeof CodeEditor | null = null;

export function CodeField(props: CodeFieldProps) {
  const { wiring, value, onChange, singleLine, placeholder, className } = props;
  const area = useRef<HTMLTextAreaElement>(null);
  const [{ Editor, selection }, setEditor] = useState<Shown>(() => ({ Editor: loaded, selection: null }));
  useEffect(() => {
    let gone = false;
    const swap = () => {
      const field = area.current;
      if (gone || !field) return;
      const isFocused = document.activeElement === field;
      const selection: Shown["selection"] = isFocused ? [field.selectionStart, field.selectionEnd] : null;
      // in one go: no key can come between the two
      flushSync(() => setEditor({ Editor: loaded, selection }));
    };
    if (!Editor)
      import("./code-editor").then((module) => {
        loaded = module.CodeEditor;
        if (area.current?.dataset.composing) area.current.addEventListener("compositionend", swap);
        else swap();
      }, noEditor);
    return () => {
      gone = true;
    };
  }, [Editor]);
  useLabel(wiring.id);
  if (Editor) return <Editor {...props} selection={selection} />;
  return (
    <Textarea
      {...wiring}
      ref={area}
      rows={singleLine ? 1 : undefined}
      spellCheck={false}
      placeholder={placeholder}
      className={cn("font-mono text-xs", singleLine && "min-h-8 resize-none", className)}
      value={value}
      onCompositionStart={(event) => (event.currentTarget.dataset.composing = "yes")}
      onCompositionEnd={(event) => delete event.currentTarget.dataset.composing}
      onChange={(event) =>
        onChange(singleLine ? event.target.value.replaceAll("\n", " ") : event.target.value)
      }
    />
  );
}

/** Without the editor the text area goes on serving. */
function noEditor(error: unknown): void {
  console.warn("The code editor could not be loaded.", error);
}

/** A click on the label leads into the editor, which no `for` reaches. */
function useLabel(id: string): void {
  useLayoutEffect(() => {
    const label = document.getElementById(`${id}-label`);
    const lead = () => document.getElementById(id)?.focus();
    label?.addEventListener("click", lead);
    return () => label?.removeEventListener("click", lead);
  }, [id]);
}
