/** Help with expressions: what can be named here, with the values of the last run, and what an expression gives. */
import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Braces } from "lucide-react";
import { use, useEffect, useMemo, useRef, type ReactNode } from "react";
import { post } from "@/api/client";
import { brief } from "@/components/forms/completion";
import { ExpressionContext, type ExpressionHelp } from "@/components/forms/expression-help";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/menu";
import { useLate } from "@/lib/late";
import { isField } from "@/lib/shortcuts";
import { NodeContext, useDocument, useEditor } from "./context";
import { useLastOutputs, useRecorded } from "./last-run";
import { lastIteration } from "./loops";
import { namesOf, RUN, variablesOf, type Variable } from "./names";

const TYPING_MS = 500;

/** What expressions of a node can name. */
function useVariables(nodeId: string): Variable[] {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  return useMemo(() => variablesOf({ nodes, edges }, types, nodeId), [nodes, edges, types, nodeId]);
}

/** Their values in the last run, by the name before the first dot. */
function useLastValues(nodeId: string): Record<string, unknown> {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const { executionId, nodes: runs } = useRecorded();
  const loop = lastIteration({ nodes, edges }, types, nodeId, runs);
  return { ...useLastOutputs(), loop, ...(executionId && { [RUN]: { id: executionId } }) };
}

/** Gives the fields within it help with the expressions of a node. */
export function Expressions({ nodeId, children }: { nodeId: string; children: ReactNode }) {
  const variables = useVariables(nodeId);
  const outputs = useLastValues(nodeId);
  const latest = useRef({ variables, outputs });
  useEffect(() => {
    latest.current = { variables, outputs };
  });
  const help = useMemo<ExpressionHelp>(
    () => ({
      names: () => namesOf(latest.current.variables, latest.current.outputs),
      Picker: VariablePicker,
      Preview,
    }),
    [],
  );
  return (
    <NodeContext value={nodeId}>
      <ExpressionContext value={help}>{children}</ExpressionContext>
    </NodeContext>
  );
}

/** Puts `{{ path }}`, or with `bare` the path, where the cursor is, or was last, in the field beside it. */
function VariablePicker({ bare, compact }: { bare?: boolean; compact?: boolean }) {
  const nodeId = use(NodeContext);
  const variables = useVariables(nodeId);
  const outputs = useLastValues(nodeId);
  const target = useRef<() => HTMLElement | null>(() => null);
  const last = ({ of, port }: Variable) => {
    const ports = outputs[of] as Record<string, unknown> | undefined;
    return ports && typeof ports === "object" && port in ports ? brief(ports[port]) : undefined;
  };
  const chosen = useRef<string | null>(null);
  const closed = (event: Event) => {
    const field = target.current();
    if (field && chosen.current) {
      event.preventDefault(); // the focus goes to the field
      put(field, bare ? chosen.current : `{{ ${chosen.current} }}`, bare);
    }
    chosen.current = null;
  };
  return (
    <Menu
      onClosed={closed}
      trigger={
        <Button
          variant="ghost"
          size={compact ? "icon-sm" : "sm"}
          className={compact ? "text-muted" : "h-5 px-1 text-muted"}
          title={t`Put in a value of an earlier step`}
          aria-label={compact ? t`Insert a value of an earlier step` : undefined}
          onPointerDown={(event) => (target.current = fieldBeside(event.currentTarget))}
          onKeyDown={(event) => (target.current = fieldBeside(event.currentTarget))}
        >
          <Braces className="!size-3.5" /> {!compact && t`Insert`}
        </Button>
      }
    >
      <MenuLabel>
        {variables.some(({ of }) => !of.startsWith(RUN))
          ? t`Values of earlier steps`
          : t`Nothing leads here yet`}
      </MenuLabel>
      {variables.map((variable) => (
        <MenuItem key={variable.path} onSelect={() => (chosen.current = variable.path)}>
          <span className="block font-mono text-xs">{variable.path}</span>
          {last(variable) && (
            <span className="block max-w-64 truncate text-xs text-muted">{last(variable)}</span>
          )}
        </MenuItem>
      ))}
    </Menu>
  );
}

/** The one that has the focus now, if it belongs to the same field and is there still when asked (the code editor,
 *  once it is loaded, takes the place of a plain field), else the field's last. */
function fieldBeside(button: Element): () => HTMLElement | null {
  const field = button.closest("[data-field]");
  const focused = document.activeElement;
  const own = field?.contains(focused) && isField(focused) ? (focused as HTMLElement) : null;
  return () => {
    if (own?.isConnected) return own;
    const all = field?.querySelectorAll<HTMLElement>("textarea, input:not([type=checkbox]), [role=textbox]");
    return [...(all ?? [])].at(-1) ?? null;
  };
}

/** As if it were typed: React hears of it as it hears of keys; the code editor takes an event. */
function put(field: HTMLElement, text: string, whole = false): void {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) {
    field.dispatchEvent(new CustomEvent("insert-text", { detail: text }));
    return;
  }
  const from = whole ? 0 : (field.selectionStart ?? field.value.length);
  const to = whole ? field.value.length : (field.selectionEnd ?? from);
  const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  const next = field.value.slice(0, from) + text + field.value.slice(to);
  Object.getOwnPropertyDescriptor(kind.prototype, "value")!.set!.call(field, next);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
  field.setSelectionRange(from + text.length, from + text.length);
}

/** What an expression gives with the values of the last run; nothing while there is no run or no expression. */
function Preview({ value }: { value: unknown }) {
  const nodeId = use(NodeContext);
  const { slug } = useEditor();
  const saving = useDocument((state) => state.saving);
  const written = useLate(JSON.stringify(value ?? ""), TYPING_MS);
  const { data, error } = useQuery({
    queryKey: ["preview", slug, nodeId, written],
    queryFn: () =>
      post<{ value: unknown }>(`workflows/${slug}/nodes/${nodeId}/preview/`, {
        expression: JSON.parse(written),
      }),
    enabled: saving === "saved" && written.includes("{{"),
    retry: false,
    gcTime: 0,
  });
  if (!written.includes("{{") || (!data && (!error || error.status === 409 || error.status === 404)))
    return null;
  const text = error ? error.message : JSON.stringify(data!.value);
  return (
    <output
      className={`order-last w-full truncate font-mono text-[11px] ${error ? "text-warn" : "text-muted"}`}
      title={text}
    >
      {error ? text : `= ${text}`}
    </output>
  );
}
