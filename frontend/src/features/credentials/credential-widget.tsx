import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { get } from "@/api/client";
import type { Credential, Page } from "@/api/types";
import { text, type WidgetProps } from "@/components/forms/widget";
import { WIDGETS } from "@/components/forms/widgets";
import { Button } from "@/components/ui/button";
import { Select } from "@/components/ui/field";
import { CredentialDialog } from "./credential-dialog";

/** One of the credentials of the kind that the hint names, or a new one. */
export function CredentialWidget({ wiring, field, value, onChange }: WidgetProps) {
  const [isNew, setNew] = useState(false);
  const { data } = useQuery({
    queryKey: ["credentials", { limit: 200 }],
    queryFn: () => get<Page<Credential>>("credentials/", { limit: 200 }),
  });
  const wanted = field.widget?.match(/^(\w+)_credential$/)?.[1];
  const found = data?.items.filter((one) => !wanted || one.credential_type === wanted) ?? [];
  return (
    <div className="flex gap-1">
      <Select
        {...wiring}
        className="min-w-0"
        value={text(value)}
        onChange={(event) => onChange(Number(event.target.value) || null)}
      >
        <option value="">{data && !found.length ? t`None yet` : t`Choose a credential`}</option>
        {found.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
      <Button onClick={() => setNew(true)}>
        <Plus /> {t`New credential…`}
      </Button>
      {isNew && (
        <CredentialDialog
          credential={null}
          kind={wanted}
          onSaved={({ id }) => onChange(id)}
          onClose={() => setNew(false)}
        />
      )}
    </div>
  );
}

for (const kind of ["", "llm_", "http_", "signing_", "telegram_"])
  WIDGETS[`${kind}credential`] = CredentialWidget;
