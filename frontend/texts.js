/**
 * The texts of the sources. `texts` is Vite's part: the macros `t`, `plural` and `<Trans>` become calls that have the English
 * text with them, parsed. `collect` is the catalogue's: what all macros of a file say. Both read the file by Lingui's plugins
 * of Babel.
 */
import { transformAsync } from "@babel/core";
import extract from "@lingui/babel-plugin-extract-messages";
import macro from "@lingui/babel-plugin-lingui-macro";
import { makeConfig } from "@lingui/conf";
import { compileMessageOrThrow } from "@lingui/message-utils/compileMessage";

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

/** Parses the messages while building, as catalogues are compiled: no parser is sent to browsers, none runs there. */
function parsed({ types }) {
  const ObjectExpression = ({ node }) => {
    if (!node.leadingComments?.some((comment) => comment.value.trim() === "* i18n")) return;
    const message = node.properties.find((property) => property.key.name === "message");
    message.value = types.valueToNode(compileMessageOrThrow(message.value.value));
  };
  return { visitor: { ObjectExpression } };
}

/** @returns {import("vite").Plugin} */
export function texts() {
  return {
    name: "texts",
    enforce: "pre",
    transform: {
      filter: { id: /\/src\/.*\.tsx?$/, code: /@lingui\/(core|react)\/macro/ },
      handler: (code, id) => read(code, id, [[macro, { linguiConfig, descriptorFields: "message" }], parsed]),
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
