import { t } from "@lingui/core/macro";
import { Search, X } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "@/components/ui/button";
import { Input, Select } from "@/components/ui/field";

export interface Wanted {
  q?: string;
  tag?: string;
  active?: string;
  sort?: string;
}

interface Props {
  wanted: Wanted;
  /** The tags that there are to choose from. */
  tags: string[];
  onChange: (next: Wanted) => void;
}

const PAUSE_MS = 250;

export function Filters({ wanted, tags, onChange }: Props) {
  return (
    <>
      <SearchInput value={wanted.q ?? ""} onChange={(q) => onChange({ q: q || undefined })} />
      <Select
        aria-label={t`Tag`}
        className="w-40"
        value={wanted.tag ?? ""}
        onChange={(event) => onChange({ tag: event.target.value || undefined })}
      >
        <option value="">{t`Any tag`}</option>
        {tags.map((tag) => (
          <option key={tag}>{tag}</option>
        ))}
      </Select>
      <Select
        aria-label={t`Active or not`}
        className="w-40"
        value={wanted.active ?? ""}
        onChange={(event) => onChange({ active: event.target.value || undefined })}
      >
        <option value="">{t`Active or not`}</option>
        <option value="yes">{t`Active`}</option>
        <option value="no">{t`Inactive`}</option>
      </Select>
      <Select
        aria-label={t`Order`}
        className="w-40"
        value={wanted.sort ?? ""}
        onChange={(event) => onChange({ sort: event.target.value || undefined })}
      >
        <option value="">{t`Last changed`}</option>
        <option value="name">{t`Name`}</option>
        <option value="-created_at">{t`Newest first`}</option>
        <option value="created_at">{t`Oldest first`}</option>
      </Select>
      {(wanted.q || wanted.tag || wanted.active) && (
        <Button
          size="sm"
          variant="ghost"
          onClick={() => onChange({ q: undefined, tag: undefined, active: undefined })}
        >
          <X /> {t`Clear`}
        </Button>
      )}
    </>
  );
}

/** Asks when the writing pauses, not at each key. */
function SearchInput({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  useEffect(() => {
    if (draft === value) return;
    const timer = setTimeout(() => onChange(draft), PAUSE_MS);
    return () => clearTimeout(timer);
  });
  return (
    <div className="relative w-full sm:w-56">
      <Search className="absolute top-2 left-2.5 size-4 text-muted" />
      <Input
        type="search"
        className="pl-8"
        placeholder={t`Find by name`}
        aria-label={t`Find workflows`}
        value={draft}
        onChange={(event) => setDraft(event.target.value)}
      />
    </div>
  );
}
