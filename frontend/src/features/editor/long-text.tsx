import { t } from "@lingui/core/macro";
import { useMemo, useState } from "react";
import { Button } from "@/components/ui/button";

/** So much of a text is drawn at once; the browser lays out more only where it is looked at. */
const PREVIEW = 20_000;
const PART = 50_000;

/** A text of any length: its beginning, and the rest on demand. */
export function LongText({ text }: { text: string }) {
  const [whole, setWhole] = useState(false);
  const parts = useMemo(() => (whole ? cut(text, PART) : [text.slice(0, PREVIEW)]), [text, whole]);
  return (
    <>
      {parts.map((part, index) => (
        // oxlint-disable-next-line react/no-array-index-key -- parts of one text have no other name
        <span key={index} className={whole ? "block [content-visibility:auto]" : undefined}>
          {part}
        </span>
      ))}
      {!whole && text.length > PREVIEW && <LoadAll size={text.length} onClick={() => setWhole(true)} />}
    </>
  );
}

export function LoadAll({ size, onClick, busy }: { size: number; onClick: () => void; busy?: boolean }) {
  return (
    <span className="mt-2 flex items-center gap-2 font-sans text-xs text-muted">
      {t`… ${megabytes(size)} in all.`}
      <Button size="sm" busy={busy} onClick={onClick}>
        {t`Load all`}
      </Button>
    </span>
  );
}

/** Cut at ends of lines where there are some, so that nothing seems broken. */
export function cut(text: string, size: number): string[] {
  const parts: string[] = [];
  for (let start = 0; start < text.length;) {
    const line = text.lastIndexOf("\n", start + size) + 1;
    const end = line > start && start + size < text.length ? line : start + size;
    parts.push(text.slice(start, end));
    start = end;
  }
  return parts;
}

function megabytes(characters: number): string {
  return characters < 1_000_000
    ? `${Math.ceil(characters / 1000)} KB`
    : `${(characters / 1_000_000).toFixed(1)} MB`;
}
