import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, renameSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { readStartLine } from "../start-line.ts";
import { imageUserId } from "./make-root.ts";

/** Where the image has it: its Dockerfile says the same. */
const cacheFolder = "/verigate/cache";

/** A command whose code is worth having compiled, and how it has to end. */
export interface WarmUp {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly exitCode: number;
}

/**
 * Fills the compile cache of the file system in `root`, by running its own Node on
 * its own bundle, with `root` for a root, since names of files are in the cache.
 * Throws where nothing came of it.
 *
 * Node finds the cache by its own version, the processor's features, V8's flags
 * and the user's number; where one of them is another, it compiles as if there were none.
 */
export async function fillCompileCache(root: string, warmUps: readonly WarmUp[]): Promise<void> {
  const folder = join(root, cacheFolder);
  for (const { args, env, exitCode } of warmUps) {
    const ending = await run(root, args, { ...env, NODE_COMPILE_CACHE: cacheFolder });
    if (ending !== exitCode) {
      throw new Error(`verigate ${args.join(" ")} ended with ${ending}`);
    }
  }
  const [made, ...more] = readdirSync(folder);
  if (made === undefined || more.length > 0) {
    throw new Error(`Node made ${made === undefined ? "no" : "more than one"} compile cache`);
  }
  renameSync(join(folder, made), join(folder, made.replace(/-\d+$/, `-${imageUserId}`)));
}

/** Makes V8 compile into the same bytes again: their order in hash tables is random otherwise. The cache fits without it. */
const sameAgain = "--random-seed=1";

/** Whoever is not root can be it among the processes that are his own. */
const asRoot = ["unshare", "--user", "--map-root-user"];

/** Runs a command until it ends, or until it serves, which is as far as it matters. Gives its exit code, or signal. */
async function run(root: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<unknown> {
  const node = ["/usr/bin/node", sameAgain, ...readStartLine().flags, "/verigate/main.js", ...args];
  const [program = "", ...words] = [...(process.getuid?.() === 0 ? [] : asRoot), "chroot", root, ...node];
  const child = spawn(program, words, {
    env: { PATH: process.env.PATH ?? "", ...env },
    stdio: ["ignore", "pipe", "ignore"],
  });
  createInterface({ input: child.stdout }).on("line", (line) => {
    if (line.includes('"listening"')) {
      child.kill("SIGTERM");
    }
  });
  const [exitCode, signal] = await once(child, "close");
  return exitCode ?? signal;
}
