import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";

const packageFolder = join(import.meta.dirname, "..");
const tsc = join(packageFolder, "../../node_modules/typescript/bin/tsc");
const readme = readFileSync(join(packageFolder, "README.md"), "utf8");
const snippets = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map((match) => match[1] ?? "");

/** A folder inside the package, where its own name resolves to its sources. */
function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(packageFolder, ".readme-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

it("every snippet of the README compiles", { timeout: 60_000 }, () => {
  expect(snippets.length).toBeGreaterThanOrEqual(5);
  const folder = folderWith({
    ...Object.fromEntries(snippets.map((snippet, index) => [`snippet-${index + 1}.ts`, snippet])),
    "tsconfig.json": JSON.stringify({
      extends: "../../../tsconfig.base.json",
      compilerOptions: { noEmit: true, composite: false, declaration: false, isolatedDeclarations: false },
      include: ["*.ts"],
    }),
  });
  const { stdout, status } = spawnSync(process.execPath, [tsc, "-p", folder], { encoding: "utf8" });
  expect({ stdout, status }).toEqual({ stdout: "", status: 0 });
});

it("the README's test passes", { timeout: 60_000 }, () => {
  const snippet = snippets.find((text) => text.includes("createFakeVerigate")) ?? expect.unreachable();
  const folder = folderWith({ "snippet.ts": snippet });
  const script = ["--conditions=@verigate/source", join(folder, "snippet.ts")];
  const { stderr, status } = spawnSync(process.execPath, script, { encoding: "utf8" });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
});
