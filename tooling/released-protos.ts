import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** The contract's protos as last released, below `proto/`, and the version of @verigate/contract they went out with. */
const folder = "tooling/released-protos";

/**
 * What breaks callers of the last release in proto/ of the repository at `root`, as buf
 * says it; undefined where nothing does. Needs the generated third-party module.
 *
 * buf compares workspaces, so the released protos are laid out as one, outside of the
 * repository: the third-party module beside them is in no commit that it could read.
 */
export function breakingChanges(root: string): string | undefined {
  const released = mkdtempSync(join(tmpdir(), "released-"));
  try {
    cpSync(join(root, "buf.yaml"), join(released, "buf.yaml"));
    cpSync(join(root, folder, "proto"), join(released, "proto"), { recursive: true });
    cpSync(join(root, "gen/third-party"), join(released, "gen/third-party"), { recursive: true });
    const { status, stdout, stderr, error } = spawnSync("buf", ["breaking", "--against", released], {
      cwd: root,
      encoding: "utf8",
    });
    if (error !== undefined) {
      throw error;
    }
    return status === 0 ? undefined : `${stdout}${stderr}`;
  } finally {
    rmSync(released, { recursive: true });
  }
}

/**
 * Makes proto/ of the repository at `root` what later changes are compared with. Throws
 * where the protos changed but the contract's version did not: then nothing is released,
 * and a break would go unseen.
 */
export function releaseProtos(root: string): void {
  const { version } = JSON.parse(readFileSync(join(root, "packages/contract/package.json"), "utf8"));
  const versionFile = join(root, folder, "VERSION");
  const target = join(root, folder, "proto");
  const isReleased = existsSync(versionFile) && readFileSync(versionFile, "utf8").trim() === version;
  if (isReleased && !areSameFiles(join(root, "proto"), target)) {
    throw new Error(`@verigate/contract ${version} was released with other protos: the change needs a changeset`);
  }
  rmSync(target, { recursive: true, force: true });
  cpSync(join(root, "proto"), target, { recursive: true });
  writeFileSync(versionFile, `${version}\n`);
}

function areSameFiles(left: string, right: string): boolean {
  const files = (path: string) =>
    readdirSync(path, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(path.length))
      .sort();
  const names = files(left);
  return (
    names.join() === files(right).join() &&
    names.every((name) => readFileSync(join(left, name)).equals(readFileSync(join(right, name))))
  );
}
