import { t } from "@lingui/core/macro";
import { cn } from "@/lib/cn";
import { Prose } from "@/components/ui/prose";
import { LongText, PREVIEW } from "./long-text";

export type Speaker = "you" | "workflow" | "error";

const speakers = (): Record<Speaker, string> => ({
  you: t`you`,
  workflow: t`workflow`,
  error: t`error`,
});

/** What one side of a conversation has said. */
export function Bubble({ by, text }: { by: Speaker; text: string }) {
  return (
    <div
      className={cn(
        "max-w-[85%] rounded-lg px-3 py-2 break-words whitespace-pre-wrap",
        by === "you" ? "self-end bg-accent text-accent-ink" : "self-start bg-hover",
        by === "error" && "bg-bad/10 text-bad",
      )}
    >
      <span className="sr-only">{speakers()[by]}: </span>
      {by === "workflow" && text.length <= PREVIEW ? <Prose text={text} breaks /> : <LongText text={text} />}
    </div>
  );
}
