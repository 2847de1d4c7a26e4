import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cruise, type ICruiseResult } from "dependency-cruiser";
import { allowedImports, importRules } from "./import-rules.ts";

export interface ImportFindings {
  /** One sentence for each import that is not allowed and each folder that was not looked at. */
  readonly mistakes: readonly string[];
  readonly modules: number;
  readonly imports: number;
}

/** Judges every import of the repository at `root`, of types too, by the rules of import-rules.ts. */
export async function forbiddenImports(root: string): Promise<ImportFindings> {
  const ruled = ["packages", "apps", "examples"].filter(isFolder).flatMap(foldersIn);
  const free = ["e2e", "bench", "tooling"].filter(isFolder);
  const { output } = await cruise([...ruled, ...free], {
    baseDir: root,
    validate: true,
    ruleSet: { forbidden: importRules.map((rule) => ({ ...rule })) },
    tsPreCompilationDeps: true,
    exclude: { path: "/dist/" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@verigate/source", "import", "node", "default", "types"],
    },
  });
  const { modules, summary } = output as ICruiseResult;
  const sources = modules.map(({ source }) => source).filter((source) => source.endsWith(".ts"));
  return {
    mistakes: [
      ...ruled
        .filter((folder) => !Object.hasOwn(allowedImports, folder))
        .map((each) => `${each}: has no row in import-rules.ts`),
      ...ruled
        .filter((folder) => !sources.some((source) => source.startsWith(`${folder}/`)))
        .map((folder) => `${folder}: no module was found`),
      ...summary.violations.map(({ from, to, rule }) => `${from} imports ${to}: ${rule.name}`),
    ],
    modules: modules.length,
    imports: summary.totalDependenciesCruised ?? 0,
  };

  function isFolder(path: string): boolean {
    return existsSync(join(root, path));
  }

  function foldersIn(group: string): string[] {
    return readdirSync(join(root, group)).map((name) => `${group}/${name}`);
  }
}
