/** All that people read is in the catalogue: no text goes past the macros `t`, `plural` and `<Trans>`. */
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

/** What is written with the macros so far; the rest of src follows, and this list goes. */
const SWEPT = /^features\/auth\//;

/** Attributes, and properties of objects, that are read out or shown. */
const SHOWN =
  /^(label|title|placeholder|aria-(label|description|roledescription|valuetext)|alt|help|description|action|heading|warning|hint|summary|confirm)$/;
const WORD = /\p{L}{2}/u;
/** A name is the same in every language. */
const NAMES = /^(Pipelit|Telegram|JSON|UTC)$/;

/** The texts of a source that are shown and not in the catalogue, each with its line. */
function bypassing(name: string, code: string): string[] {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const tell = (node: ts.Node, text: string) => {
    if (!WORD.test(text) || NAMES.test(text.trim())) return;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    found.push(`${name}:${line + 1}: ${text.trim()}`);
  };
  /** What an expression may come to: the branches of a condition, and both sides of `??`. */
  const shown = (node: ts.Node | undefined): void => {
    if (!node) return;
    if (ts.isStringLiteralLike(node)) tell(node, node.text);
    else if (ts.isTemplateExpression(node))
      tell(
        node,
        [node.head, ...node.templateSpans.map((span) => span.literal)].map((part) => part.text).join(" "),
      );
    else if (ts.isConditionalExpression(node)) [node.whenTrue, node.whenFalse].forEach(shown);
    else if (ts.isBinaryExpression(node)) {
      if (!/^(===?|!==?|[<>]=?|&&)$/.test(node.operatorToken.getText())) shown(node.left);
      if (!/^(===?|!==?|[<>]=?)$/.test(node.operatorToken.getText())) shown(node.right);
    } else if (ts.isJsxExpression(node) || ts.isParenthesizedExpression(node)) shown(node.expression);
    else if (ts.isArrowFunction(node)) shown(node.body);
  };
  const visit = (node: ts.Node, inside: boolean): void => {
    if (ts.isJsxElement(node) && node.openingElement.tagName.getText() === "Trans") return;
    if (ts.isJsxText(node)) tell(node, node.text);
    else if (ts.isJsxExpression(node) && !ts.isJsxAttribute(node.parent)) shown(node);
    else if (ts.isJsxAttribute(node) && SHOWN.test(node.name.getText())) shown(node.initializer);
    else if (ts.isPropertyAssignment(node) && SHOWN.test(node.name.getText())) shown(node.initializer);
    else if (ts.isCallExpression(node) && /^toast\b/.test(node.expression.getText()))
      shown(node.arguments[0]);
    else if (!inside && ts.isTaggedTemplateExpression(node) && node.tag.getText() === "t")
      tell(node, `${node.getText()} is asked for while the module loads`);
    ts.forEachChild(node, (child) => visit(child, inside || ts.isFunctionLike(node)));
  };
  visit(source, false);
  return found;
}

test("every text is in the catalogue", () => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" }).filter((name) => SWEPT.test(name));
  const sources = names.filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name));
  expect(sources.length).toBeGreaterThan(0);
  expect(sources.flatMap((name) => bypassing(name, readFileSync(`src/${name}`, "utf8")))).toEqual([]);
});

test("what goes past it is found", () => {
  const code = `
    const late = { label: t\`Runs\`, help: "Some help" };
    const View = () => <p title={busy ? "Saving" : t\`Save\`} id="not shown">Words {error ?? "Failed"} <Trans>Fine</Trans></p>;`;
  const lines = bypassing("view.tsx", code).map((line) => line.replace(/^view\.tsx:\d+: /, ""));
  expect(lines).toEqual([
    "t`Runs` is asked for while the module loads",
    "Some help",
    "Saving",
    "Words",
    "Failed",
  ]);
});
