import { execFileSync } from "node:child_process";
import { chmodSync, globSync, statSync } from "node:fs";
import { join } from "node:path";
import { imageUserId } from "./make-root.ts";

/** The one folder that is not root's. */
const ownFolder = "./run/verigate";

export interface ArchiveOptions {
  readonly root: string;
  readonly archive: string;
  /** The time that all files get, in seconds since 1970. */
  readonly epoch: number;
}

/** Packs a file system so that the same files make the same bytes, whoever packs them, whenever. Needs GNU tar. */
export function archiveRoot({ root, archive, epoch }: ArchiveOptions): void {
  for (const name of globSync("**", { cwd: root })) {
    // A maker's umask, and a cache that Node made for its maker's eyes only, are not the image's.
    const path = join(root, name);
    chmodSync(path, (statSync(path).mode & 0o100) === 0 ? 0o644 : 0o755);
  }
  const alike = ["--format=gnu", "--numeric-owner", `--mtime=@${epoch}`, "--directory", root, "--file", archive];
  tar("--create", "--sort=name", "--owner=0", "--group=0", `--exclude=${ownFolder}`, ...alike, ".");
  const own = ["--no-recursion", "--mode=0770", `--owner=${imageUserId}`, `--group=${imageUserId}`];
  tar("--append", ...own, ...alike, ownFolder);
}

function tar(...args: readonly string[]): void {
  execFileSync("tar", args, { stdio: ["ignore", "inherit", "inherit"] });
}
