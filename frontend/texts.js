/**
 * The texts of the sources. `texts` is Vite's part: the macros `t`, `plural` and `<Trans>` become calls that keep the English
 * text. `collect` is the catalogue's: what all macros of a file say. Both read the file by Lingui's plugins of Babel.
 */
import { transformAsync } from "@babel/core";
import extract from "@lingui/babel-plugin-extract-messages";
import macro from "@lingui/babel-plugin-lingui-macro";
import { makeConfig } from "@lingui/conf";

const linguiConfig = makeConfig({
  locales: ["en"],
  sourceLocale: "en",
  runtimeConfigModule: { Trans: ["@/lib/trans", "Trans"] },
});

function read(code, filename, plugins) {
  const parserOpts = { plugins: filename.endsWith("x") ? ["typescript", "jsx"] : ["typescript"] };
  return transformAsync(code, {
    babelrc: false,
    configFile: false,
    sourceMaps: true,
    filename,
    parserOpts,
    plugins,
  });
}

/** @returns {import("vite").Plugin} */
export function texts() {
  return {
    name: "texts",
    enforce: "pre",
    transform: {
      filter: { id: /\/src\/.*\.tsx?$/, code: /@lingui\/(core|react)\/macro/ },
      handler: (code, id) => read(code, id, [[macro, { linguiConfig, descriptorFields: "message" }]]),
    },
  };
}

/** What the macros of a file say, in order: its id, message, comment, context, placeholders and origin. */
export async function collect(code, filename) {
  const found = [];
  const onMessageExtracted = (message) => found.push(message);
  await read(code, filename, [
    [macro, { linguiConfig, descriptorFields: "all" }],
    [extract, { linguiConfig, onMessageExtracted }],
  ]);
  return found;
}
