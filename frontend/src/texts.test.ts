/** All that people read is in the catalogue: no text goes past the macros `t`, `plural` and `<Trans>`. */
import { readdirSync, readFileSync } from "node:fs";
import ts from "typescript";
import { expect, test } from "vitest";

/** Attributes, properties and parameters that are read out or shown. */
const SHOWN =
  /^(label|title|placeholder|aria-(label|description|roledescription|valuetext)|alt|help|description|action|heading|warning|hint|summary|confirm)$/;
/** Wherever it stands, this is written for people. */
const SENTENCE = /^\p{Lu}\p{Ll}*[’']?\p{Ll}* .*\p{L}/u;
const WORD = /\p{L}{2}/u;
/** The same in every language. */
const NAMES = /^(Pipelit|Telegram|JSON)$/;
const CODE = /^(code|Code|kbd|Kbd)$/;

function textOf(node: ts.Node): string {
  if (ts.isStringLiteralLike(node) || ts.isJsxText(node)) return node.text.trim();
  if (!ts.isTemplateExpression(node)) return "";
  return [node.head, ...node.templateSpans.map((span) => span.literal)].map((part) => part.text).join(" ");
}

/** Whether what the node says is seen: in an element, or by an attribute, a property or a toast. */
function isShown(node: ts.Node): boolean {
  const up = node.parent;
  if (ts.isJsxElement(up)) return !CODE.test(up.openingElement.tagName.getText());
  if (ts.isJsxFragment(up)) return true;
  if (ts.isJsxAttribute(up) || ts.isPropertyAssignment(up) || ts.isBindingElement(up))
    return up.initializer === node && SHOWN.test(up.name.getText().replaceAll('"', ""));
  if (ts.isCallExpression(up)) return /^toast\b/.test(up.expression.getText());
  if (ts.isConditionalExpression(up)) return up.condition !== node && isShown(up);
  if (ts.isBinaryExpression(up)) return /^(\?\?|\|\||&&|\+)$/.test(up.operatorToken.getText()) && isShown(up);
  return (ts.isParenthesizedExpression(up) || ts.isJsxExpression(up)) && isShown(up);
}

/** What says something by a macro, or to the console. */
function isPassed(node: ts.Node): boolean {
  if (ts.isCallExpression(node)) return /^(plural|console\.\w+)$/.test(node.expression.getText());
  return ts.isJsxElement(node) && node.openingElement.tagName.getText() === "Trans";
}

/** The texts of a source that are not in the catalogue or get there too early, each with its line. */
function bypassing(name: string, code: string): string[] {
  const source = ts.createSourceFile(name, code, ts.ScriptTarget.Latest, true);
  const found: string[] = [];
  const visit = (node: ts.Node, isLater: boolean): void => {
    if (isPassed(node)) return;
    const isTagged = ts.isTaggedTemplateExpression(node.parent ?? node);
    const text = isTagged ? "" : textOf(node);
    const isText = WORD.test(text) && !NAMES.test(text) && (SENTENCE.test(text) || isShown(node));
    const isEarly = ts.isTaggedTemplateExpression(node) && node.tag.getText() === "t" && !isLater;
    const line = source.getLineAndCharacterOfPosition(node.getStart()).line + 1;
    if (isText || isEarly) found.push(`${name}:${line}: ${text || node.getText()}`);
    ts.forEachChild(node, (child) => visit(child, isLater || ts.isFunctionLike(node)));
  };
  visit(source, false);
  return found;
}

test("every text is in the catalogue", () => {
  const names = readdirSync("src", { recursive: true, encoding: "utf8" });
  const sources = names.filter((name) => /(?<!\.test|\.d|fixtures)\.tsx?$/.test(name));
  expect(sources.flatMap((name) => bypassing(name, readFileSync(`src/${name}`, "utf8")))).toEqual([]);
}, 60_000); // it reads all sources

test.each([
  "const x = { label: t`Runs` }",
  'f("Some text")',
  '<a title={is ? "yes" : no} />',
  "<p>Words</p>",
])("%s goes past it", (code) => expect(bypassing("view.tsx", code)).toHaveLength(1));

test("what is in it, and what nobody reads, is let through", () => {
  const code = '() => <p title={t`Save`} id="some id"><Trans>So</Trans> {kind === "big" && n}</p>';
  expect(bypassing("view.tsx", code)).toEqual([]);
});
