import { t } from "@lingui/core/macro";
import { useQuery } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { useMemo, useState } from "react";
import { get } from "@/api/client";
import { tell } from "@/app/queries";
import { Button, IconButton } from "@/components/ui/button";
import { Code, Spinner } from "@/components/ui/misc";
import { copyText } from "@/lib/copy";
import { bytes, shown } from "@/lib/format";
import { download } from "../workflows/download";
import { split, type Part } from "./value";

/** Characters drawn at first, and with each "more": the browser stays quick with any value. */
const STEP = 20_000;

/** A recorded value. Large ones show their beginning; those kept apart are loaded on request, or downloaded. */
export function ValueView({ id, name, value }: { id: string; name: string; value: unknown }) {
  if (value === null || value === undefined) return <p className="text-muted">{t`None.`}</p>;
  const { plain, parts } = split(value);
  return (
    <div className="flex flex-col gap-2">
      {plain !== undefined && <Text name={name} value={plain} />}
      {parts.map((part) => (
        <Kept key={part.name} id={id} name={name} part={part} />
      ))}
    </div>
  );
}

function Text({ name, value }: { name: string; value: unknown }) {
  const text = useMemo(() => shown(value), [value]);
  const [most, setMost] = useState(STEP);
  return (
    <div className="group relative">
      <Code>{text.slice(0, most)}</Code>
      <span className="absolute top-1 right-1 flex rounded-md bg-ground/80 opacity-0 group-focus-within:opacity-100 group-hover:opacity-100">
        <IconButton size="icon-sm" label={t`Copy`} onClick={() => void copyText(text)}>
          <Copy />
        </IconButton>
        <IconButton size="icon-sm" label={t`Download`} onClick={() => download(`${name}.json`, value)}>
          <Download />
        </IconButton>
      </span>
      {text.length > most && (
        <p className="mt-1 flex items-center gap-2 text-xs text-muted">
          {t`${bytes(most)} of ${bytes(text.length)}`}
          <Button size="sm" onClick={() => setMost(most * 4)}>
            {t`Show more`}
          </Button>
        </p>
      )}
    </div>
  );
}

function Kept({ id, name, part }: { id: string; name: string; part: Part }) {
  const { $ref: digest, size, preview } = part.reference;
  const [wanted, setWanted] = useState(false);
  const [saving, setSaving] = useState(false);
  const read = () => get<unknown>(`executions/${id}/values/${digest}/`);
  const { data, error, isFetching } = useQuery({
    queryKey: ["stored-value", id, digest],
    queryFn: read,
    enabled: wanted,
    staleTime: Infinity,
    gcTime: 60_000,
  });
  const save = async () => {
    setSaving(true);
    try {
      download(`${name}${part.name && `-${part.name}`}.json`, data ?? (await read()));
    } catch (failure) {
      tell(failure as Error);
    } finally {
      setSaving(false);
    }
  };
  return (
    <div className="flex flex-col gap-1">
      <p className="flex flex-wrap items-center gap-2 text-xs text-muted">
        {part.name && <span className="font-mono text-ink">{part.name}</span>} {t`${bytes(size)}, kept apart`}
        {data === undefined && (
          <Button size="sm" disabled={isFetching} onClick={() => setWanted(true)}>
            {isFetching && <Spinner />} {t`Load`}
          </Button>
        )}
        <Button size="sm" busy={saving} onClick={() => void save()}>
          <Download /> {t`Download`}
        </Button>
      </p>
      {error && <p className="text-bad">{error.message}</p>}
      {data === undefined ? (
        <Code className="max-h-24">{`${preview}…`}</Code>
      ) : (
        <Text name={name} value={data} />
      )}
    </div>
  );
}
