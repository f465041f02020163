/**
 * Writes src/locales/en.po, what a translator takes, from the texts in the sources. With `--check` it writes nothing and
 * fails if the file is out of date.
 */
import { readdir, readFile, writeFile } from "node:fs/promises";
import { formatter } from "@lingui/format-po";
import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";
import { collect } from "./texts.js";

const FILE = "src/locales/en.po";
const HEAD = { "POT-Creation-Date": "", "X-Generator": "npm run strings" }; // nothing that changes by itself
const format = formatter({ lineNumbers: false, customHeaderAttributes: HEAD });

async function sources() {
  const names = await readdir("src", { recursive: true });
  return names.filter((name) => /(?<!\.test|\.d)\.tsx?$/.test(name)).map((name) => `src/${name}`);
}

/** Throws for what would not be shown as it is written. */
function checkSyntax(message, file) {
  if (/'[{}]/.test(message)) throw new Error(`${file}: an apostrophe before a brace quotes it: ${message}`);
  compileMessageOrThrow(message);
}

/** The texts in order, by id, each with the files that say it. */
async function catalogue() {
  const entries = {};
  for (const file of (await sources()).sort()) {
    const code = await readFile(file, "utf8");
    if (!code.includes("@lingui/")) continue;
    for (const { id, message, comment, context, placeholders } of await collect(code, file)) {
      checkSyntax(message, file);
      const entry = (entries[id] ??= { message, context, comments: [], placeholders: {}, origin: [] });
      entry.translation = message;
      entry.origin.push([file]);
      if (comment && !entry.comments.includes(comment)) entry.comments.push(comment);
      for (const [name, value] of Object.entries(placeholders))
        entry.placeholders[name] = [...new Set([...(entry.placeholders[name] ?? []), value])];
    }
  }
  return Object.fromEntries(Object.entries(entries).sort(([, a], [, b]) => (a.message < b.message ? -1 : 1)));
}

const made = await format.serialize(await catalogue(), { locale: "en", sourceLocale: "en" });
if (!process.argv.includes("--check")) await writeFile(FILE, made);
else if (made !== (await readFile(FILE, "utf8"))) process.exit(1);
