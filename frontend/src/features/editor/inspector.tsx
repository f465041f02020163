import { t } from "@lingui/core/macro";
import { ArrowLeft, Trash2, X } from "lucide-react";
import { useEffect, useState } from "react";
import type { NodeType, Schema, WorkflowNode } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Checkbox, Field, Input } from "@/components/ui/field";
import { NodeIcon } from "@/components/ui/icon";
import { cn } from "@/lib/cn";
import { cutOff } from "./connections";
import { useDocument, useEditor, type Tab } from "./context";
import { DoorAddress } from "./door-address";
import { Expressions } from "./expressions";
import { configValue, withConfigValue, type Edit, type NodePatch } from "./graph";
import { groupOf } from "./groups";
import { faultOf, faultsOf } from "@/components/forms/faults";
import { SchemaForm } from "@/components/forms/schema-form";
import { colourOf } from "./node";
import "./node-widget";
import "../credentials/credential-widget";
import { AlsoHere } from "./people";
import { NodeSchedule } from "../schedules/node-schedule";
import { useRefusal } from "../schedules/refusal";
import { UnknownConfig } from "./unknown";
import { DocsTab, RunTab } from "./node-tabs";
import { RunNode } from "./run-node";

const tabs = (): Record<Tab, string> => ({ config: t`Config`, run: t`Last run`, docs: t`Docs` });

/** Everything about one node. */
export function Inspector({
  nodeId,
  tab,
  onTab,
  onBack,
  onClose,
  onRenamed,
}: {
  nodeId: string;
  tab: Tab;
  onTab: (tab: Tab) => void;
  /** To the panel that it stands before. */
  onBack?: () => void;
  onClose: () => void;
  onRenamed: (id: string) => void;
}) {
  const { document, types } = useEditor();
  const node = useDocument((state) => state.nodes[nodeId]);
  useEffect(() => document.hold(nodeId), [document, nodeId]);
  if (!node) return null;
  const type = types.get(node.component_type);
  return (
    <aside
      aria-label={t`Node ${nodeId}`}
      tabIndex={-1}
      className="flex w-full shrink-0 flex-col border-l border-line bg-panel sm:w-96"
    >
      <header className="flex items-center gap-2 p-3">
        {onBack && (
          <IconButton label={t`Back to the panel`} onClick={onBack}>
            <ArrowLeft />
          </IconButton>
        )}
        <span
          className="grid size-8 place-items-center rounded-md text-white dark:text-black"
          style={{ background: colourOf(type) }}
        >
          <NodeIcon name={type?.icon ?? ""} className="size-4.5" />
        </span>
        <div className="min-w-0 grow">
          <h2 className="truncate font-semibold">{node.label || type?.label || node.component_type}</h2>
          <p className="truncate text-xs text-muted">
            {type?.label ?? t`Unknown type ${node.component_type}`}
          </p>
        </div>
        <RunNode nodeId={nodeId} type={type} />
        <IconButton label={t`Close`} onClick={onClose}>
          <X />
        </IconButton>
      </header>
      <AlsoHere nodeId={nodeId} />
      <div role="tablist" aria-label={t`About the node`} className="flex gap-1 border-b border-line px-3">
        {(Object.entries(tabs()) as [Tab, string][]).map(([name, label]) => (
          <button
            key={name}
            type="button"
            role="tab"
            id={`tab-${name}`}
            aria-selected={tab === name}
            aria-controls="inspector-panel"
            onClick={() => onTab(name)}
            className={cn(
              "border-b-2 px-2 py-1.5 text-sm",
              tab === name ? "border-accent font-medium" : "border-transparent text-muted",
            )}
          >
            {label}
          </button>
        ))}
      </div>
      <div
        id="inspector-panel"
        role="tabpanel"
        aria-labelledby={`tab-${tab}`}
        className="min-h-0 grow overflow-auto p-3"
      >
        {tab === "config" && (
          <>
            <DoorAddress node={node} type={type} />
            <ConfigTab key={nodeId} node={node} type={type} onClose={onClose} onRenamed={onRenamed} />
          </>
        )}
        {tab === "run" && <RunTab nodeId={nodeId} />}
        {tab === "docs" && <DocsTab type={type} />}
      </div>
    </aside>
  );
}

interface TabProps {
  node: WorkflowNode;
  type: NodeType | undefined;
}

function ConfigTab({
  node,
  type,
  onClose,
  onRenamed,
}: TabProps & { onClose: () => void; onRenamed: (id: string) => void }) {
  const { document, slug, types } = useEditor();
  const readOnly = useDocument((state) => state.readOnly);
  const isSaved = useDocument((state) => state.saving === "saved");
  const set = (label: string, patch: NodePatch, key: string) => {
    const graph = document.store.getState();
    const lost = patch.config ? cutOff(graph, types, node.node_id, patch.config) : [];
    const edits: Edit[] = [...lost, { kind: "set_node", node_id: node.node_id, patch }];
    document.edit(label, edits, `${node.node_id}.${key}`);
  };
  const schema = type?.config_schema ?? {};
  const { drafts, hold } = useDrafts();
  const { refusal, setRefusal } = useRefusal(JSON.stringify(node.config));
  const change = (name: string, field: Schema, value: unknown) => {
    // the server refuses what does not fit, and would take back other changes with it
    const fault = faultOf(schema, name, field, value);
    hold(name, fault ? { value } : null);
    if (!fault)
      set(
        t`Change ${field.title ?? name}`,
        { config: withConfigValue(node.config, name, field, value) },
        name,
      );
  };
  const valueOf = (name: string, field: Schema) =>
    name in drafts ? drafts[name]!.value : configValue(node.config, name, field);
  const errors = {
    ...Object.fromEntries(
      (node.warnings ?? []).map((one) => [one.field?.replace(/^config\./, "") ?? "", one.message]),
    ),
    ...Object.fromEntries(Object.entries(refusal?.fields ?? {}).map(([name, why]) => [name, why.join(" ")])),
    ...faultsOf(schema, valueOf),
  };
  for (const name of Object.keys(drafts))
    errors[name] = `${errors[name]} ${t`It is not saved until it fits.`}`;
  return (
    <fieldset disabled={readOnly} className="flex min-w-0 flex-col gap-4">
      <div className="grid grid-cols-2 gap-2">
        <Field label={t`Name`}>
          {(wiring) => (
            <Input
              {...wiring}
              placeholder={type?.label}
              maxLength={200}
              value={node.label}
              onChange={(event) => set(t`Name a node`, { label: event.target.value }, "label")}
            />
          )}
        </Field>
        <NodeId key={node.node_id} node={node} onRenamed={onRenamed} />
      </div>
      {node.component_type === "trigger_schedule" && (
        <NodeSchedule
          slug={slug}
          nodeId={node.node_id}
          isSaved={isSaved}
          valueOf={(name) => configValue(node.config, name, schema.properties?.[name] ?? {})}
          refusal={refusal}
          onRefused={setRefusal}
        />
      )}
      {!type && <UnknownConfig node={node} />}
      <Expressions nodeId={node.node_id}>
        <SchemaForm
          schema={schema}
          value={valueOf}
          onChange={change}
          errors={errors}
          groupOf={(name) => groupOf(type, name)}
          hidden={(name) =>
            name === "credential_id" &&
            Boolean(type?.is_trigger) &&
            type?.component_type !== "trigger_telegram"
          }
        />
      </Expressions>
      {type?.executable && !type.is_trigger && (
        <div className="flex flex-col gap-1 border-t border-line pt-3">
          {(["interrupt_before", "interrupt_after"] as const).map((name) => (
            <label key={name} className="flex items-center gap-2">
              <Checkbox
                checked={node[name]}
                onChange={(event) => set(t`Interrupt`, { [name]: event.target.checked }, name)}
              />
              {name === "interrupt_before" ? t`Ask a person before it runs` : t`Ask a person after it runs`}
            </label>
          ))}
        </div>
      )}
      <Button
        variant="danger"
        className="self-start"
        onClick={() => {
          document.edit(t`Delete a node`, [{ kind: "remove_node", node_id: node.node_id }]);
          onClose();
        }}
      >
        <Trash2 /> {t`Delete`}
      </Button>
    </fieldset>
  );
}

/** Values that do not fit yet, by field: they stay here until they do. */
function useDrafts() {
  const [drafts, setDrafts] = useState<Record<string, { value: unknown }>>({});
  const hold = (name: string, draft: { value: unknown } | null) =>
    setDrafts(({ [name]: _before, ...others }) => (draft ? { ...others, [name]: draft } : others));
  return { drafts, hold };
}

/** The id by which expressions name the node; those follow a new one. */
function NodeId({ node, onRenamed }: { node: WorkflowNode; onRenamed: (id: string) => void }) {
  const { document } = useEditor();
  const [draft, setDraft] = useState(node.node_id);
  const taken = useDocument((state) => draft !== node.node_id && draft in state.nodes);
  const bad = !/^[A-Za-z][A-Za-z0-9_]{0,62}$/.test(draft)
    ? t`A letter, then letters, digits or _.`
    : taken
      ? t`It is taken.`
      : "";
  const rename = () => {
    if (bad || draft === node.node_id) return setDraft(node.node_id);
    document.edit(t`Rename a node`, [{ kind: "rename_node", from: node.node_id, to: draft }]);
    onRenamed(draft);
  };
  return (
    <Field label={t`Id`} error={bad || undefined}>
      {(wiring) => (
        <Input
          {...wiring}
          className="font-mono text-xs"
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          onBlur={rename}
          onKeyDown={(event) => event.key === "Enter" && rename()}
        />
      )}
    </Field>
  );
}
