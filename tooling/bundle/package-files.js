import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const inRepository = (path) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * A rolldown plugin: puts beside the bundle of the package in `folder` what makes its own folder one of npm, that
 * installs without any other: a manifest, the licence, and the licences of all that is in the bundle. The manifest
 * says what the package's says of itself, and `more`.
 */
export function packageFiles(folder, more = {}) {
  return {
    name: "package-files",
    generateBundle(_, bundle) {
      const files = {
        "package.json": `${JSON.stringify({ ...manifest(folder), ...more }, null, 2)}\n`,
        "README.md": readFileSync(join(folder, "README.md")),
        LICENSE: readFileSync(inRepository("LICENSE")),
        "third-party-licenses.txt": thirdPartyLicenses(
          Object.values(bundle).flatMap(({ moduleIds = [] }) => moduleIds),
        ),
      };
      for (const [fileName, source] of Object.entries(files)) {
        this.emitFile({ type: "asset", fileName, source });
      }
    },
  };
}

function manifest(folder) {
  const { name, version, description, license, type } = readJson(join(folder, "package.json"));
  const { engines } = readJson(inRepository("package.json"));
  return { name, version, description, license, type, engines };
}

/** For each package that modules came from: its name, and what it says about its licence. */
function thirdPartyLicenses(moduleIds) {
  const folders = new Set(moduleIds.map(packageFolder).filter((folder) => folder !== undefined));
  const sections = [...folders].map((folder) => {
    const { name, version, license } = readJson(join(folder, "package.json"));
    const texts = readdirSync(folder)
      .filter((file) => /^(licen[cs]e|copying|notice)/i.test(file))
      .sort()
      .map((file) => readFileSync(join(folder, file), "utf8").trim());
    return [`${name} ${version} (${license})`, ...texts].join("\n\n");
  });
  return `${[...new Set(sections)].sort().join(`\n\n${"-".repeat(80)}\n\n`)}\n`;
}

/** The folder of the installed package that a module is of; undefined for our own. */
function packageFolder(moduleId) {
  const [path] = moduleId.replace(/^\0/, "").split("?");
  if (!path.includes("/node_modules/")) {
    return undefined;
  }
  let folder = dirname(path);
  // A package may hold manifests without a name, which only say how its modules are to be read.
  while (!existsSync(join(folder, "package.json")) || readJson(join(folder, "package.json")).name === undefined) {
    folder = dirname(folder);
  }
  return folder;
}
