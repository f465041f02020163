import { t } from "@lingui/core/macro";
import { ArrowDown, ArrowUp, Plus, Trash2 } from "lucide-react";
import { useEffect, useRef, type MouseEvent } from "react";
import { flushSync } from "react-dom";
import { Button, IconButton } from "@/components/ui/button";

/** Stands behind the last row; the focus goes to the first field of the one that it adds. */
export function AddRow({ onAdd, id, label = t`Add` }: { onAdd: () => void; id?: string; label?: string }) {
  const add = ({ currentTarget }: MouseEvent<HTMLElement>) => {
    flushSync(onAdd);
    currentTarget.previousElementSibling?.querySelector<HTMLElement>("input, select, textarea")?.focus();
  };
  return (
    <Button id={id} size="sm" className="self-start" onClick={add}>
      <Plus /> {label}
    </Button>
  );
}

/** A list with two of its items in each other's place; the same list at its ends. */
export function moved<T>(rows: T[], index: number, by: 1 | -1): T[] {
  const other = index + by;
  if (other < 0 || other >= rows.length) return rows;
  const next = [...rows];
  [next[index], next[other]] = [next[other]!, next[index]!];
  return next;
}

interface Props<T> {
  rows: T[];
  index: number;
  /** What a row is called, such as `rule 2`. */
  name: string;
  onChange: (rows: T[]) => void;
}

/** Up, down and away. The focus goes with the row that is moved. */
export function RowButtons<T>({ rows, index, name, onChange }: Props<T>) {
  const group = useRef<HTMLSpanElement>(null);
  const goal = useRef<{ index: number; by: 1 | -1 } | null>(null);
  useEffect(() => {
    if (!goal.current) return;
    const { index: at, by } = goal.current;
    goal.current = null;
    const list = group.current?.closest("[data-rows]");
    list?.querySelector<HTMLElement>(`[data-move="${at}:${by}"]`)?.focus();
  });
  const move = (by: 1 | -1) => {
    const next = moved(rows, index, by);
    if (next === rows) return;
    goal.current = { index: index + by, by };
    onChange(next);
  };
  return (
    <span ref={group} className="flex">
      {([-1, 1] as const).map((by) => (
        <IconButton
          key={by}
          size="icon-sm"
          label={by < 0 ? t`Move ${name} up` : t`Move ${name} down`}
          data-move={`${index}:${by}`}
          aria-disabled={index + by < 0 || index + by >= rows.length}
          className="aria-disabled:opacity-40"
          onClick={() => move(by)}
        >
          {by < 0 ? <ArrowUp /> : <ArrowDown />}
        </IconButton>
      ))}
      <IconButton
        size="icon-sm"
        label={t`Remove ${name}`}
        onClick={() => onChange(rows.filter((_, i) => i !== index))}
      >
        <Trash2 />
      </IconButton>
    </span>
  );
}
