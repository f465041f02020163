/** Markdown, shown: HTML in it stays text, nothing is loaded, links lead elsewhere only when they are followed. */
import { lexer, type MarkedToken, type Token, type Tokens } from "marked";
import { Fragment, memo, type ReactNode } from "react";
import { cn } from "@/lib/cn";

/** Addresses that a link may lead to. */
const ADDRESS = /^(https?:\/\/|mailto:)/i;

interface Props {
  text: string;
  /** Whether lines end where they end in the text, as in a chat. */
  breaks?: boolean;
}

export const Prose = memo(function Prose({ text, breaks = false }: Props) {
  return <div className="flex flex-col gap-3 whitespace-normal">{all(parsed(text, breaks))}</div>;
});

function parsed(text: string, breaks: boolean): Token[] {
  try {
    return lexer(text, { gfm: true, breaks });
  } catch {
    return [{ type: "text", raw: text, text }]; // nested so deeply that the stack does not hold it
  }
}

function all(tokens: Token[] | undefined): ReactNode {
  return tokens?.map((token, index) => <Fragment key={index}>{shown(token as MarkedToken)}</Fragment>);
}

function shown(token: MarkedToken): ReactNode {
  switch (token.type) {
    case "space":
    case "def":
    case "checkbox":
      return null;
    case "paragraph":
      return <p>{all(token.tokens)}</p>;
    case "heading":
      return <p className={cn("font-semibold", token.depth < 3 && "text-base")}>{all(token.tokens)}</p>;
    case "code":
      return (
        <pre
          // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- it scrolls
          tabIndex={0}
          className="overflow-x-auto rounded-md border border-line bg-ground p-2 font-mono text-xs"
        >
          {token.text}
        </pre>
      );
    case "blockquote":
      return (
        <blockquote className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-muted">
          {all(token.tokens)}
        </blockquote>
      );
    case "list":
      return <List {...token} />;
    case "table":
      return <Table {...token} />;
    case "hr":
      return <hr className="border-line" />;
    case "br":
      return <br />;
    case "strong":
      return <strong>{all(token.tokens)}</strong>;
    case "em":
      return <em>{all(token.tokens)}</em>;
    case "del":
      return <del>{all(token.tokens)}</del>;
    case "codespan":
      return <code>{token.text}</code>;
    case "link":
      return <Outward href={token.href}>{all(token.tokens)}</Outward>;
    case "image":
      return <Outward href={token.href}>{token.text || token.href}</Outward>;
    case "text":
      return token.tokens ? all(token.tokens) : token.text;
    case "escape":
      return token.text;
    default:
      return token.raw;
  }
}

function Outward({ href, children }: { href: string; children: ReactNode }) {
  if (!ADDRESS.test(href)) return children;
  return (
    <a href={href} target="_blank" rel="noreferrer" className="text-accent underline">
      {children}
    </a>
  );
}

function List({ ordered, start, items }: Tokens.List) {
  const parts = items.map((item, index) => (
    <li key={index}>
      <div className="flex flex-col gap-1">
        {item.task && <input type="checkbox" checked={item.checked} disabled />}
        {item.tokens.map((token, at) => (
          <div key={at}>{shown(token as MarkedToken)}</div>
        ))}
      </div>
    </li>
  ));
  const look = "flex list-outside flex-col gap-1 pl-5";
  if (!ordered) return <ul className={cn(look, "list-disc")}>{parts}</ul>;
  return (
    <ol start={start || 1} className={cn(look, "list-decimal")}>
      {parts}
    </ol>
  );
}

function Table({ header, rows }: Tokens.Table) {
  return (
    <div className="overflow-x-auto">
      <table className="text-xs">
        <thead>
          <tr className="text-left text-muted">
            {header.map((cell, index) => (
              <th key={index} className="py-1 pr-3 font-medium">
                {all(cell.tokens)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, index) => (
            <tr key={index} className="border-t border-line align-top">
              {row.map((cell, column) => (
                <td key={column} className="py-1 pr-3 break-words">
                  {all(cell.tokens)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
