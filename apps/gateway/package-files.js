import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const from = (path) => fileURLToPath(new URL(path, import.meta.url));
const readJson = (path) => JSON.parse(readFileSync(path, "utf8"));

/**
 * A rolldown plugin: puts beside the bundle what makes its folder a package of npm, that installs
 * without any other: a manifest, the licence, and the licences of all that is in the bundle.
 */
export function packageFiles() {
  return {
    name: "package-files",
    generateBundle(_, bundle) {
      const files = {
        "package.json": `${JSON.stringify(manifest(), null, 2)}\n`,
        "README.md": readFileSync(from("README.md")),
        LICENSE: readFileSync(from("../../LICENSE")),
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

function manifest() {
  const { version, description, license, type } = readJson(from("package.json"));
  const { engines } = readJson(from("../../package.json"));
  return { name: "verigate", version, description, license, type, engines, bin: { verigate: "main.js" } };
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
