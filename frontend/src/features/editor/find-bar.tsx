import { t } from "@lingui/core/macro";
import { ChevronDown, ChevronUp, X } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { Input } from "@/components/ui/field";
import { useDocument, useEditor } from "./context";
import { matching } from "./finding";

interface Props {
  /** What is found, to be highlighted. */
  onFound: (ids: string[]) => void;
  onShow: (id: string) => void;
  onClose: () => void;
}

/** Search on the canvas: Enter goes to the next, Shift+Enter to the one before, Escape closes. */
export function FindBar({ onFound, onShow, onClose }: Props) {
  const { types } = useEditor();
  const nodes = useDocument((state) => state.nodes);
  const edges = useDocument((state) => state.edges);
  const notes = useDocument((state) => state.notes);
  const [text, setText] = useState("");
  /** Which of them is shown; -1: none yet. */
  const [at, setAt] = useState(-1);
  const found = useMemo(
    () => matching({ nodes, edges, notes }, types, text),
    [nodes, edges, notes, types, text],
  );
  useEffect(() => onFound(found), [found, onFound]);
  const step = (by: number) => {
    if (!found.length) return;
    const next = (Math.max(at, by < 0 ? 0 : -1) + by + found.length) % found.length;
    setAt(next);
    onShow(found[next]!);
  };
  return (
    <search className="absolute top-3 right-3 z-20 flex items-center gap-1 rounded-lg border border-line bg-raised p-1.5 shadow-float">
      <Input
        autoFocus
        type="search"
        aria-label={t`Find on the canvas`}
        placeholder={t`Find on the canvas`}
        className="w-52"
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          setAt(-1);
        }}
        onKeyDown={(event) => {
          if (event.key === "Escape") onClose();
          if (event.key !== "Enter") return;
          event.preventDefault();
          step(event.shiftKey ? -1 : 1);
        }}
      />
      <output className="min-w-14 text-center text-xs text-muted">
        {text.trim() && (found.length ? t`${at < 0 ? "–" : at + 1} of ${found.length}` : t`Nothing`)}
      </output>
      <IconButton size="icon-sm" label={t`The one before`} disabled={!found.length} onClick={() => step(-1)}>
        <ChevronUp />
      </IconButton>
      <IconButton size="icon-sm" label={t`The next`} disabled={!found.length} onClick={() => step(1)}>
        <ChevronDown />
      </IconButton>
      <IconButton size="icon-sm" label={t`Close the search`} onClick={onClose}>
        <X />
      </IconButton>
    </search>
  );
}
