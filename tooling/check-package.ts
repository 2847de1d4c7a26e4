/**
 * Judges a published package as its consumers get it: builds it afresh, packs it, and
 * has publint and attw read the tarball. Argument: the package's folder.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const [folder = ""] = process.argv.slice(2);
const target = mkdtempSync(join(tmpdir(), "package-"));
try {
  // What a file that is gone left behind would be packed too.
  rmSync(join(folder, "dist"), { recursive: true, force: true });
  rmSync(join(folder, "tsconfig.tsbuildinfo"), { force: true });
  run("tsc", "-b", folder);
  run("pnpm", "--dir", folder, "pack", "--pack-destination", target);
  const [tarball = ""] = readdirSync(target);
  run("publint", "run", "--strict", join(target, tarball));
  run("attw", join(target, tarball), "--profile", "esm-only");
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  rmSync(target, { recursive: true });
}

function run(program: string, ...args: readonly string[]): void {
  execFileSync(program, args, { stdio: ["ignore", "inherit", "inherit"] });
}
