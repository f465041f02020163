/** Markdown, shown: HTML in it stays text, nothing is loaded, links lead elsewhere only when they are followed. */
import { Fragment, memo, type ReactNode } from "react";
import { cn } from "@/lib/cn";
import { blocksOf, type Block } from "@/lib/markdown";

/** What is longer is no prose, and would take long. */
const LONGEST = 5_000;

interface Props {
  text: string;
  /** Whether lines end where they end in the text, as in a chat. */
  breaks?: boolean;
}

export const Prose = memo(function Prose({ text, breaks = false }: Props) {
  return (
    <div className={cn("flex flex-col gap-3", breaks ? "whitespace-pre-line" : "whitespace-normal")}>
      <Blocks blocks={blocksOf(text)} />
    </div>
  );
});

function Blocks({ blocks }: { blocks: Block[] }) {
  return blocks.map((block, index) => <Fragment key={index}>{shown(block)}</Fragment>);
}

function shown(block: Block): ReactNode {
  switch (block.kind) {
    case "paragraph":
      return <p>{marked(block.text)}</p>;
    case "heading":
      return <p className={cn("font-semibold", block.level < 3 && "text-base")}>{marked(block.text)}</p>;
    case "code":
      return (
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
          tabIndex={0}
          className="overflow-x-auto rounded-md border border-line bg-ground p-2 font-mono text-xs whitespace-pre"
        >
          {block.text}
        </pre>
      );
    case "quote":
      return (
        <blockquote className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-muted">
          <Blocks blocks={block.blocks} />
        </blockquote>
      );
    case "list":
      return <List {...block} />;
    case "table":
      return <Table {...block} />;
    case "line":
      return <hr className="border-line" />;
  }
}

function List({ start, items }: Extract<Block, { kind: "list" }>) {
  const parts = items.map((item, index) => (
    <li key={index}>
      <div className="flex flex-col gap-1">
        <Blocks blocks={item} />
      </div>
    </li>
  ));
  const look = "flex list-outside flex-col gap-1 pl-5";
  if (start === null) return <ul className={cn(look, "list-disc")}>{parts}</ul>;
  return (
    <ol start={start} className={cn(look, "list-decimal")}>
      {parts}
    </ol>
  );
}

function Table({ head, rows }: Extract<Block, { kind: "table" }>) {
  return (
    <div className="overflow-x-auto">
      <table className="text-xs">
        <thead>
          <tr className="text-left text-muted">
            {head.map((cell, index) => (
              <th key={index} className="py-1 pr-3 font-medium">
                {marked(cell)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className="border-t border-line align-top">
              {row.map((cell, column) => (
                <td key={column} className="py-1 pr-3 break-words">
                  {marked(cell)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const MARKED =
  /(`[^`\n]+`|\*\*\S(?:.*?\S)?\*\*|\*[^\s*](?:.*?[^\s*])?\*|\[[^\]\n]+\]\(https?:\/\/[^\s)]+\)|https?:\/\/[^\s<>()]+[^\s<>().,;:!?'"])/;
const LINK = /^\[(.+)\]\((.+)\)$/;

function marked(text: string): ReactNode {
  if (text.length > LONGEST) return text;
  return text.split(MARKED).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={index}>{marked(part.slice(2, -2))}</strong>;
    if (part.startsWith("*")) return <em key={index}>{marked(part.slice(1, -1))}</em>;
    const [, name = part, address = part] = LINK.exec(part) ?? [];
    return (
      <a key={index} href={address} target="_blank" rel="noreferrer" className="text-accent underline">
        {name}
      </a>
    );
  });
}
