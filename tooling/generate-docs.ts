/** Writes the generated pages of docs/ and the generated files of deploy/; with `--check`, writes nothing and fails where one is stale. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedPages } from "./generated-pages.ts";

const root = join(import.meta.dirname, "..");
const isCheck = process.argv.includes("--check");

for (const [path, text] of Object.entries(generatedPages(root))) {
  if (!isCheck) {
    writeFileSync(join(root, path), text);
  } else if (textOf(join(root, path)) !== text) {
    console.error(`${path} is stale: run "pnpm generate:docs" and commit it`);
    process.exitCode = 1;
  }
}

function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
