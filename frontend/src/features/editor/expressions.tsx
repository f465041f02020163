/** Help with expressions: what can be named here, with the values of the last run, and what an expression gives. */
import { useQuery } from "@tanstack/react-query";
import { Braces } from "lucide-react";
import { useEffect, useState } from "react";
import { post } from "@/api/client";
import type { ToolsProps } from "@/components/forms/schema-form";
import { Button } from "@/components/ui/button";
import { Menu, MenuItem, MenuLabel } from "@/components/ui/menu";
import { isField } from "@/lib/shortcuts";
import { useDocument, useEditor, useRuns } from "./context";
import type { Graph } from "./graph";

const TYPING_MS = 500;

/** The nodes from which a path leads to this one, the nearest first, and the loops around it. */
export function ancestors({ nodes, edges }: Pick<Graph, "nodes" | "edges">, nodeId: string): string[] {
  const found: string[] = [];
  const todo = [nodeId];
  while (todo.length) {
    const id = todo.shift()!;
    for (const link of Object.values(edges)) {
      const leads = link.target === id && ["", "error", "loop_body"].includes(link.label);
      if (leads && !found.includes(link.source) && link.source !== nodeId && nodes[link.source]) {
        found.push(link.source);
        todo.push(link.source);
      }
    }
  }
  return found;
}

export interface Variable {
  path: string;
  of: string;
  port: string;
}

/** What expressions of a node can name. */
export function useVariables(nodeId: string): Variable[] {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const before = ancestors({ nodes, edges }, nodeId);
  const of = (id: string) => types.get(nodes[id]!.component_type);
  const steps = before
    .filter((id) => !of(id)?.is_trigger && !of(id)?.loops)
    .flatMap(
      (id) => of(id)?.outputs.map((port) => ({ path: `${id}.${port.name}`, of: id, port: port.name })) ?? [],
    );
  const trigger = before
    .filter((id) => of(id)?.is_trigger)
    .flatMap((id) =>
      of(id)!.outputs.map((port) => ({ path: `trigger.${port.name}`, of: "trigger", port: port.name })),
    );
  const inLoop = Object.values(edges).some(
    (link) => link.label === "loop_body" && (link.target === nodeId || before.includes(link.target)),
  );
  const loop = inLoop ? ["item", "index"].map((port) => ({ path: `loop.${port}`, of: "loop", port })) : [];
  const all = [...loop, ...steps, ...trigger];
  return all.filter((one, index) => all.findIndex((other) => other.path === one.path) === index);
}

export function expressionTools(nodeId: string) {
  return function Tools({ value }: ToolsProps) {
    return (
      <>
        <VariablePicker nodeId={nodeId} />
        <Preview nodeId={nodeId} value={value} />
      </>
    );
  };
}

/** Puts `{{ path }}` where the cursor is, or was last, in the field beside it. */
export function VariablePicker({ nodeId }: { nodeId: string }) {
  const variables = useVariables(nodeId);
  const runs = useRuns((state) => state.nodes);
  const [target, setTarget] = useState<HTMLInputElement | HTMLTextAreaElement | null>(null);
  const last = ({ of, port }: Variable) => {
    const output = runs[of]?.output as Record<string, unknown> | undefined;
    return output && port in output ? JSON.stringify(output[port]) : undefined;
  };
  return (
    <Menu
      trigger={
        <Button
          variant="ghost"
          size="sm"
          className="h-5 px-1 text-muted"
          title="Put in a value of an earlier step"
          onPointerDown={(event) => setTarget(fieldBeside(event.currentTarget))}
          onKeyDown={(event) => setTarget(fieldBeside(event.currentTarget))}
        >
          <Braces className="!size-3.5" /> Insert
        </Button>
      }
    >
      <MenuLabel>{variables.length ? "Values of earlier steps" : "Nothing leads here yet"}</MenuLabel>
      {variables.map((variable) => (
        <MenuItem key={variable.path} onSelect={() => target && insert(target, `{{ ${variable.path} }}`)}>
          <span className="block font-mono text-xs">{variable.path}</span>
          {last(variable) && (
            <span className="block max-w-64 truncate text-xs text-muted">{last(variable)}</span>
          )}
        </MenuItem>
      ))}
    </Menu>
  );
}

type TextField = HTMLInputElement | HTMLTextAreaElement;

/** The one that has the focus, if it belongs to the same field, else the field's last. */
function fieldBeside(button: Element): TextField | null {
  const field = button.closest("[data-field]");
  const focused = document.activeElement;
  if (field?.contains(focused) && isField(focused)) return focused as TextField;
  return (
    [...(field?.querySelectorAll<TextField>("textarea, input:not([type=checkbox])") ?? [])].at(-1) ?? null
  );
}

/** As if it were typed: React hears of it as it hears of keys. */
function insert(field: TextField, text: string): void {
  const at = field.selectionStart ?? field.value.length;
  const next = field.value.slice(0, at) + text + field.value.slice(field.selectionEnd ?? at);
  const kind = field instanceof HTMLTextAreaElement ? HTMLTextAreaElement : HTMLInputElement;
  Object.getOwnPropertyDescriptor(kind.prototype, "value")!.set!.call(field, next);
  field.dispatchEvent(new Event("input", { bubbles: true }));
  setTimeout(() => {
    field.focus();
    field.setSelectionRange(at + text.length, at + text.length);
  });
}

/** What an expression gives with the values of the last run; nothing while there is no run or no expression. */
function Preview({ nodeId, value }: { nodeId: string; value: unknown }) {
  const { slug } = useEditor();
  const saving = useDocument((state) => state.saving);
  const written = useLate(JSON.stringify(value ?? ""));
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

/** A value once nobody has changed it for a moment. */
function useLate(value: string): string {
  const [late, setLate] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setLate(value), TYPING_MS);
    return () => clearTimeout(timer);
  }, [value]);
  return late;
}
