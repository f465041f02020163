import { plural, t } from "@lingui/core/macro";
import { GitMerge } from "lucide-react";
import { useState } from "react";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { Code } from "@/components/ui/misc";
import { cn } from "@/lib/cn";
import { shown } from "@/lib/format";
import { useDocument, useEditor } from "./context";
import { fieldValue, type Place } from "./fields";
import { nameOf } from "./notes";
import type { Conflict } from "./sync";

/** Two have changed the same fields of a node, or the text of a note: both are shown, and one is chosen for each. What
 * can wait, waits. */
export function Conflicts() {
  const conflicts = useDocument((state) => state.conflicts);
  const [later, setLater] = useState<Conflict | null>(null);
  const first = conflicts[0];
  if (!first) return null;
  const waiting = later?.node_id === first.node_id;
  return (
    <>
      {waiting && (
        <Button size="sm" className="text-warn" onClick={() => setLater(null)}>
          <GitMerge />{" "}
          {plural(conflicts.length, { one: "# conflict to settle", other: "# conflicts to settle" })}
        </Button>
      )}
      {!waiting && <Choice key={first.node_id} conflict={first} onLater={() => setLater(first)} />}
    </>
  );
}

const keyOf = ({ place, name }: Place) => `${place}.${name}`;

function Choice({ conflict, onLater }: { conflict: Conflict; onLater: () => void }) {
  const { document, types } = useEditor();
  const node = useDocument((state) => state.nodes[conflict.node_id]);
  const note = useDocument((state) => state.notes[conflict.node_id]);
  const [mine, setMine] = useState<string[]>([]);
  const { node_id, fields } = conflict;
  const actor = conflict.actor ?? t`Somebody`;
  const schema = types.get(node?.component_type ?? "")?.config_schema;
  const name = node?.label || (note && nameOf(note)) || node_id;
  const settle = (chosen: Place[]) => document.settle(chosen);
  return (
    <Dialog
      open
      className="w-[min(56rem,calc(100vw-2rem))]"
      onClose={onLater}
      title={t`${actor} has changed "${name}" meanwhile`}
      description={t`Your change of these fields was not saved; everything else was. Choose what each is to be.`}
      footer={
        <>
          <Button onClick={() => settle([])}>{t`Take theirs`}</Button>
          <Button onClick={() => settle(fields)}>{t`Keep mine`}</Button>
          <Button
            variant="primary"
            onClick={() => settle(fields.filter((field) => mine.includes(keyOf(field))))}
          >
            {t`Use what is chosen`}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        {fields.map((field) => (
          <Versions
            key={keyOf(field)}
            title={
              (field.place === "node" ? ownTitles()[field.name] : schema?.properties?.[field.name]?.title) ??
              field.name
            }
            name={keyOf(field)}
            mine={field.mine}
            theirs={node ? fieldValue(node, field) : note?.text}
            isMine={mine.includes(keyOf(field))}
            onChoose={(isMine) =>
              setMine((before) => [
                ...before.filter((one) => one !== keyOf(field)),
                ...(isMine ? [keyOf(field)] : []),
              ])
            }
          />
        ))}
      </div>
    </Dialog>
  );
}

const ownTitles = (): Record<string, string> => ({
  label: t`Name`,
  text: t`Text`,
  interrupt_before: t`Ask a person before it runs`,
  interrupt_after: t`Ask a person after it runs`,
});

interface VersionsProps {
  title: string;
  name: string;
  mine: unknown;
  theirs: unknown;
  isMine: boolean;
  onChoose: (isMine: boolean) => void;
}

function Versions({ title, name, mine, theirs, isMine, onChoose }: VersionsProps) {
  const sides = [
    [t`Mine`, mine, true],
    [t`Theirs`, theirs, false],
  ] as const;
  return (
    <fieldset>
      <legend className="mb-1 font-medium">{title}</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        {sides.map(([label, value, own]) => (
          <label
            key={label}
            className={cn(
              "flex flex-col gap-1 rounded-md border p-2",
              isMine === own ? "border-accent" : "border-line",
            )}
          >
            <span className="flex items-center gap-2 text-sm">
              <input
                type="radio"
                name={name}
                className="accent-(--accent)"
                checked={isMine === own}
                onChange={() => onChoose(own)}
              />
              {label}
            </span>
            <Code className="max-h-48">{value == null || value === "" ? t`(empty)` : shown(value)}</Code>
          </label>
        ))}
      </div>
    </fieldset>
  );
}
