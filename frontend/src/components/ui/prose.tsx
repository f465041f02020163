/** The Markdown that docstrings of components are written in: paragraphs, tables, `code`, *emphasis*. */
import type { ReactNode } from "react";

export function Prose({ text }: { text: string }) {
  return (
    <div className="flex flex-col gap-3">
      {text
        .split(/\n\s*\n/)
        .map((block, index) =>
          block.startsWith("|") ? (
            <Table key={index} lines={block.split("\n")} />
          ) : (
            <p key={index}>{marked(block.replaceAll("\n", " "))}</p>
          ),
        )}
    </div>
  );
}

function Table({ lines }: { lines: string[] }) {
  const [head = [], , ...rows] = lines.map((line) => line.split("|").slice(1, -1));
  return (
    <table className="text-xs">
      <thead>
        <tr className="text-left text-muted">
          {head.map((cell, index) => (
            <th key={index} className="py-1 pr-3 font-medium">
              {marked(cell.trim())}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, index) => (
          <tr key={index} className="border-t border-line align-top">
            {row.map((cell, column) => (
              <td key={column} className="py-1 pr-3 break-words">
                {marked(cell.trim())}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const MARKED = /(`[^`]+`|\*\*\S(?:.*?\S)?\*\*|\*[^\s*](?:.*?\S)?\*)/;

function marked(text: string): ReactNode[] {
  return text.split(MARKED).map((part, index) => {
    if (index % 2 === 0) return part;
    if (part.startsWith("`")) return <code key={index}>{part.slice(1, -1)}</code>;
    if (part.startsWith("**")) return <strong key={index}>{part.slice(2, -2)}</strong>;
    return <em key={index}>{part.slice(1, -1)}</em>;
  });
}
