/**
 * `pnpm check`: everything that CI does besides the tests. Runs all of it and fails if
 * any failed. `--report FILE` writes the counts as JSON.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { runSteps, type Step } from "./run-steps.ts";

const { values } = parseArgs({ options: { report: { type: "string" } } });
const projects = globSync(["*/tsconfig.json", "{packages,apps,examples}/*/tsconfig.json"]).sort();
const shellScripts = globSync([".ci/*", "{tooling,deploy,bench,e2e}/**/*"], {
  exclude: ["**/node_modules"],
  withFileTypes: true,
})
  .filter((entry) => entry.isFile())
  .map((entry) => `${entry.parentPath}/${entry.name}`)
  .filter((path) => /^#!.*\b(ba|da)?sh\b/.test(readFileSync(path, "utf8").slice(0, 80)));

/** A script of ours, on the sources of the packages it needs. */
const script = (...args: readonly string[]) => ["node", "--conditions=@verigate/source", ...args];

const steps: readonly Step[] = [
  // First, because projects that refer to these two are judged by the types that are built of them.
  { name: "package contract as published", commands: [script("tooling/check-package.ts", "packages/contract")] },
  { name: "package client as published", commands: [script("tooling/check-package.ts", "packages/client")] },
  { name: "types of everything, tests too", commands: [["tsc", "-p", "tsconfig.json"]] },
  {
    name: "types of each project alone",
    commands: projects.map((project) => ["tsc", "-p", project, "--noEmit"]),
  },
  { name: "format and lint", commands: [["biome", "check", "--error-on-warnings"]] },
  {
    name: "protos: lint and format",
    commands: [
      ["buf", "lint"],
      ["buf", "format", "proto", "--diff", "--exit-code"],
    ],
  },
  { name: "protos: no break since the release", commands: [script("tooling/check-breaking.ts")] },
  { name: "imports: who may import whom", commands: [script("tooling/check-imports.ts")] },
  {
    name: "unused files, exports, dependencies",
    commands: [["knip", "--no-progress"]],
  },
  { name: "generated docs are fresh", commands: [script("tooling/generate-docs.ts", "--check")] },
  { name: "no secrets", commands: [["secretlint", "**/*", "**/.*"]] },
  { name: "shell scripts", needs: "shellcheck", commands: [["shellcheck", ...shellScripts]] },
  // Some two minutes, and last: what else runs on the machine is in its figures.
  {
    name: "CPU per call: ratios of a quick bench",
    needs: "h2load",
    commands: [["pnpm", "--silent", "bench", "--quick"]],
  },
];

const counts = await runSteps(steps, (text) => process.stdout.write(text));
if (values.report !== undefined) {
  writeFileSync(values.report, JSON.stringify(counts));
}
process.exitCode = counts.failed === 0 ? 0 : 1;
