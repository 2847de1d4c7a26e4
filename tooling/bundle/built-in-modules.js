import { isBuiltin } from "node:module";

/** `import http, { request as r } from "node:http";`, as rolldown writes what it leaves outside of a bundle. */
const importLine = /^import (?:(?:\* as )?([\w$]+))?(?:, )?({[^}]*})? from "([^"]+)";$/gm;
/** `import("http")`. */
const dynamicImport = /\bimport\("([^"]+)"\)/g;

/**
 * A rolldown plugin: has Node's own modules fetched by a function instead of imported.
 *
 * An import reads every export of a module, and one that `node:http` has for browsers' sake brings in a second HTTP
 * client: 12 MiB and 30 ms, for names that nobody asked for (docs/decisions/0012-few-files.md).
 */
export function builtInModules() {
  return {
    name: "built-in-modules",
    renderChunk(code) {
      const fetched = code.replace(importLine, withoutImport).replace(dynamicImport, withoutDynamicImport);
      // Lines stay where they are, which is what a map of the sources goes by.
      return { code: fetched, map: null };
    },
    generateBundle(_, bundle) {
      for (const { fileName, code } of Object.values(bundle)) {
        const body = code === undefined ? [] : this.parse(code).body;
        const left = body.filter(({ type, source }) => type === "ImportDeclaration" && isReplaced(source.value));
        if (left.length > 0) {
          this.error(`${fileName} still imports ${left.map(({ source }) => source.value).join(", ")}`);
        }
      }
    },
  };
}

function withoutImport(line, whole, names, id) {
  if (!isReplaced(id)) {
    return line;
  }
  const targets = [whole, names?.replaceAll(" as ", ": ")].filter((target) => target !== undefined);
  return `const ${targets.map((target) => `${target} = ${fetchOf(id)}`).join(", ")};`;
}

function withoutDynamicImport(text, id) {
  return isReplaced(id) ? `Promise.resolve(${fetchOf(id)})` : text;
}

function fetchOf(id) {
  return `process.getBuiltinModule(${JSON.stringify(id)})`;
}

/** `node:module` stays: rolldown's own code, which runs before all other, imports it, and it has nothing to bring in. */
function isReplaced(id) {
  return isBuiltin(id) && id !== "node:module";
}
