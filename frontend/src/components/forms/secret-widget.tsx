/** A secret that is written and never read again: what the server gives back is a seal, which stands for it. */
import { t } from "@lingui/core/macro";
import { Trash2 } from "lucide-react";
import { useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { text, type WidgetProps } from "./widget";

/** Takes what is typed when the field is left, so that half a secret is never saved. */
export function SecretWidget({ wiring, field, value, onChange }: WidgetProps) {
  const [draft, setDraft] = useState("");
  const isSet = text(value) !== "";
  const take = () => {
    if (draft) onChange(draft);
    setDraft("");
  };
  return (
    <div className="flex gap-1">
      <Input
        {...wiring}
        type="password"
        autoComplete="new-password"
        maxLength={field.maxLength}
        placeholder={isSet ? t`Set. Type to replace it.` : undefined}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
      {isSet && (
        <IconButton label={t`Remove the secret`} onClick={() => onChange("")}>
          <Trash2 />
        </IconButton>
      )}
    </div>
  );
}
