import { expect, it } from "vitest";
import { blocksOf } from "./markdown";

const paragraph = (text: string) => ({ kind: "paragraph", text });

it("tells blocks apart", () => {
  const text = "# Sum\n\nFirst\nsecond\n> said\n---\n```py\n# no heading\n- no item\n```\nAfter";
  expect(blocksOf(text)).toEqual([
    { kind: "heading", level: 1, text: "Sum" },
    paragraph("First\nsecond"),
    { kind: "quote", blocks: [paragraph("said")] },
    { kind: "line" },
    { kind: "code", text: "# no heading\n- no item" },
    paragraph("After"),
  ]);
});

it("nests lists, and lets an item have more than a line", () => {
  const text = "Do:\n1. one\n   more\n   - a\n   - b\n\n2. two\n\n   still two\n\nEnd";
  expect(blocksOf(text)).toEqual([
    paragraph("Do:"),
    {
      kind: "list",
      start: 1,
      items: [
        [paragraph("one\nmore"), { kind: "list", start: null, items: [[paragraph("a")], [paragraph("b")]] }],
        [paragraph("two"), paragraph("still two")],
      ],
    },
    paragraph("End"),
  ]);
});

it("reads tables, and code that has not ended yet", () => {
  expect(blocksOf("| a | b |\n|---|:-:|\n| 1 | 2 |\n\n```\nlet x")).toEqual([
    { kind: "table", head: ["a", "b"], rows: [["1", "2"]] },
    { kind: "code", text: "let x" },
  ]);
});

it("takes what only looks like Markdown as text", () => {
  for (const text of ["a | b", "#tag", "2 * 3 * 4", "-5 degrees", "1.5 litres"])
    expect(blocksOf(text)).toEqual([paragraph(text)]);
});

it("ends with every text", () => {
  for (const text of ["", "-", "- ", "```", ">", "|", "|\n|-|", "#", "* * *", "1.\n2.", " \n\n - x\n    "])
    expect(Array.isArray(blocksOf(text))).toBe(true);
  const many = "- a\n".repeat(5_000);
  expect(blocksOf(many)).toHaveLength(1);
});
