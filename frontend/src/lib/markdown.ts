/** Markdown as models and docstrings write it, as blocks. Pure; what it does not know stays as it is written. */

export type Block =
  | { kind: "paragraph"; text: string }
  | { kind: "heading"; level: number; text: string }
  | { kind: "code"; text: string }
  | { kind: "quote"; blocks: Block[] }
  | { kind: "list"; start: number | null; items: Block[][] }
  | { kind: "table"; head: string[]; rows: string[][] }
  | { kind: "line" };

const FENCE = /^ {0,3}(`{3,}|~{3,})/;
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/;
const ITEM = /^( {0,3})([-*+]|\d{1,9}[.)])\s+(?=\S)/;
const QUOTE = /^ {0,3}> ?/;
const DASHES = /^ {0,3}\|?[\s:|-]*-[\s:|-]*\|[\s:|-]*$/;
const LINE = /^ {0,3}([-*_])( *\1){2,} *$/;

export function blocksOf(text: string): Block[] {
  return parsed(text.replaceAll("\r\n", "\n").split("\n"));
}

function parsed(lines: string[]): Block[] {
  const found: Block[] = [];
  let at = 0;
  /** The lines from here on for which it holds. */
  const taken = (holds: (line: string, index: number) => boolean) => {
    const from = at;
    while (at < lines.length && holds(lines[at]!, at)) at += 1;
    return lines.slice(from, at);
  };
  while (at < lines.length) {
    const line = lines[at]!;
    const fence = FENCE.exec(line)?.[1];
    const heading = HEADING.exec(line);
    if (!line.trim()) at += 1;
    else if (fence) {
      at += 1;
      found.push({ kind: "code", text: taken((one) => !one.trimStart().startsWith(fence)).join("\n") });
      at += 1;
    } else if (heading) {
      found.push({ kind: "heading", level: heading[1]!.length, text: heading[2]! });
      at += 1;
    } else if (LINE.test(line)) {
      found.push({ kind: "line" });
      at += 1;
    } else if (QUOTE.test(line)) {
      const quoted = taken((one) => QUOTE.test(one)).map((one) => one.replace(QUOTE, ""));
      found.push({ kind: "quote", blocks: parsed(quoted) });
    } else if (isTable(lines, at)) {
      const [head, , ...rows] = taken((one) => one.includes("|")).map(cellsOf);
      found.push({ kind: "table", head: head!, rows });
    } else if (ITEM.test(line)) found.push(list());
    else {
      const first = at;
      const rest = taken((_one, index) => index === first || !begins(lines, index));
      found.push({ kind: "paragraph", text: rest.map((one) => one.trim()).join("\n") });
    }
  }
  return found;

  function list(): Block {
    const number = parseInt(lines[at]!.trimStart(), 10);
    const isAlike = (line: string) =>
      ITEM.test(line) && !LINE.test(line) && /^ *\d/.test(line) === /^ *\d/.test(lines[first]!);
    const first = at;
    const items: Block[][] = [];
    while (at < lines.length && isAlike(lines[at]!)) {
      const width = ITEM.exec(lines[at]!)![0].length;
      const head = lines[at]!.slice(width);
      at += 1;
      const rest = taken((one, index) =>
        one.trim() ? isDeeper(one) || !begins(lines, index) : goesOn(index),
      );
      items.push(parsed([head, ...rest.map((one) => one.slice(Math.min(width, indent(one))))]));
      while (at < lines.length && !lines[at]!.trim()) at += 1;
    }
    return { kind: "list", start: Number.isNaN(number) ? null : number, items };
  }

  /** Whether an item goes on after the empty line. */
  function goesOn(index: number): boolean {
    return isDeeper(lines[index + 1] ?? "");
  }
}

function indent(line: string): number {
  return line.length - line.trimStart().length;
}

function isDeeper(line: string): boolean {
  return indent(line) >= 2 && line.trim() !== "";
}

/** Whether a paragraph that stands before the line ends there. */
function begins(lines: string[], index: number): boolean {
  const line = lines[index]!;
  return (
    !line.trim() || [FENCE, HEADING, ITEM, QUOTE, LINE].some((one) => one.test(line)) || isTable(lines, index)
  );
}

function isTable(lines: string[], index: number): boolean {
  return lines[index]!.includes("|") && DASHES.test(lines[index + 1] ?? "");
}

function cellsOf(line: string): string[] {
  return line
    .trim()
    .replace(/^\||\|$/g, "")
    .split("|")
    .map((cell) => cell.trim());
}
