import { t } from "@lingui/core/macro";
import { Input, Textarea } from "@/components/ui/field";
import { AddRow, RowButtons } from "./row-buttons";
import type { WidgetProps } from "./widget";

interface Category {
  name?: string;
  description?: string;
}

/** What an input may be: names, and what belongs to each. */
export function CategoriesWidget({ wiring, value, onChange }: WidgetProps) {
  const rows = Array.isArray(value) ? (value as Category[]) : [];
  const put = (index: number, patch: Category) =>
    onChange(rows.map((row, i) => (i === index ? { ...row, ...patch } : row)));
  return (
    <div data-rows role="group" aria-labelledby={`${wiring.id}-label`} className="flex flex-col gap-2">
      {rows.map((row, index) => {
        const twice = row.name && rows.some((other, i) => i < index && other.name === row.name);
        return (
          // oxlint-disable-next-line react/no-array-index-key -- rows have no other name
          <fieldset key={index} className="flex flex-col gap-1.5 rounded-md border border-line p-2">
            <legend className="sr-only">{t`Category ${index + 1}`}</legend>
            <div className="flex items-center gap-1">
              <Input
                aria-label={t`Name of category ${index + 1}`}
                aria-invalid={twice || !row.name ? true : undefined}
                placeholder={t`name, such as billing`}
                maxLength={100}
                value={row.name ?? ""}
                onChange={(event) => put(index, { name: event.target.value })}
              />
              <RowButtons rows={rows} index={index} name={t`category ${index + 1}`} onChange={onChange} />
            </div>
            {(twice || !row.name) && (
              <p className="text-xs text-bad">
                {twice ? t`This name is there already.` : t`Give the category a name.`}
              </p>
            )}
            <Textarea
              aria-label={t`Description of category ${index + 1}`}
              className="min-h-14"
              placeholder={t`what belongs to it, for the model`}
              maxLength={2000}
              value={row.description ?? ""}
              onChange={(event) => put(index, { description: event.target.value })}
            />
          </fieldset>
        );
      })}
      <AddRow
        label={t`Add a category`}
        onAdd={() => onChange([...rows, { name: free(rows), description: "" }])}
      />
    </div>
  );
}

function free(rows: Category[]): string {
  let number = rows.length + 1;
  while (rows.some((row) => row.name === `category_${number}`)) number += 1;
  return `category_${number}`;
}
