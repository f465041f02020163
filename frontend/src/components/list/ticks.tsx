import { t } from "@lingui/core/macro";
import { useState, type ChangeEvent, type ReactNode } from "react";
import { Checkbox } from "@/components/ui/field";
import { Card } from "@/components/ui/misc";

/** Ticks on the rows of a list. `able` are those that may be ticked; what is gone from them is no longer ticked. */
export function useTicks<Id>(able: Id[]) {
  const [picked, setPicked] = useState<Id[]>([]);
  const ticked = picked.filter((id) => able.includes(id));
  return {
    ticked,
    clear: () => setPicked([]),
    /** The box of a row. */
    box: (id: Id) => ({
      checked: ticked.includes(id),
      disabled: !able.includes(id),
      onChange: () => setPicked(ticked.includes(id) ? ticked.filter((one) => one !== id) : [...ticked, id]),
    }),
    /** The box above them. */
    all: {
      checked: ticked.length > 0 && ticked.length === able.length,
      disabled: !able.length,
      onChange: (event: ChangeEvent<HTMLInputElement>) => setPicked(event.target.checked ? able : []),
    },
  };
}

export type Box = ReturnType<ReturnType<typeof useTicks>["box"]>;

interface Props {
  ticks: Pick<ReturnType<typeof useTicks>, "all" | "ticked">;
  label?: string;
  /** What can be done with those that are ticked. */
  deeds: ReactNode;
  children: ReactNode;
}

/** Rows below a box for all of them. */
export function TickList({ ticks, label = t`Choose all`, deeds, children }: Props) {
  return (
    <Card>
      <div className="flex h-10 items-center gap-2 border-b border-line px-3">
        <label className="flex items-center gap-2 text-xs text-muted">
          <Checkbox aria-label={label} {...ticks.all} />
          {!ticks.ticked.length && label}
        </label>
        {ticks.ticked.length > 0 && deeds}
      </div>
      <ul>{children}</ul>
    </Card>
  );
}
