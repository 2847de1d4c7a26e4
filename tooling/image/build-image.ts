/**
 * `pnpm image`: makes the image's file system and, of it, by deploy/Dockerfile, the
 * image. Needs a Linux of Debian's kind, and buildah.
 *
 *   --folder DIR   where the file system is made; default deploy/dist
 *   --storage DIR  buildah's storage, for an image that nobody else sees; default: buildah's own
 *   --tag NAME     default verigate/gateway:<version>
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { archiveRoot } from "./archive-root.ts";
import { fillCompileCache } from "./fill-compile-cache.ts";
import { makeRoot } from "./make-root.ts";

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const gateway = inRepository("apps/gateway");
const { version } = JSON.parse(readFileSync(join(gateway, "package.json"), "utf8")) as { version: string };

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: inRepository("deploy/dist") },
    storage: { type: "string" },
    tag: { type: "string", default: `verigate/gateway:${version}` },
  },
});
const folder = resolve(values.folder);
const bundle = join(folder, "bundle");
const root = join(folder, "root");
/** What deploy/Dockerfile is given: the archive and nothing else. */
const context = join(folder, "context");
const archive = join(context, "root.tar");

try {
  await build();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function build(): Promise<void> {
  const startedAt = performance.now();
  const epoch = sourceDateEpoch();
  rmSync(folder, { recursive: true, force: true });
  for (const each of [root, context]) {
    mkdirSync(each, { recursive: true });
  }
  say("1/5  the bundle");
  execFileSync(join(gateway, "node_modules/.bin/rolldown"), ["-c", "-d", bundle], {
    cwd: gateway,
    // It lists its files, which nobody asked for.
    stdio: ["ignore", "ignore", "inherit"],
  });
  say("2/5  Node, its libraries, authorities");
  makeRoot(root, bundle);
  say("3/5  compiled code");
  await fillCompileCache(root);
  say("4/5  the archive");
  archiveRoot({ root, archive, epoch });
  say("5/5  the image");
  const words = [
    ...(values.storage === undefined ? [] : storageArgs(values.storage)),
    ...["build", "--quiet", "--format", "docker", "--timestamp", String(epoch), "--build-arg", `VERSION=${version}`],
    ...["--tag", values.tag, "--file", inRepository("deploy/Dockerfile"), context],
  ];
  execFileSync("buildah", words, { stdio: ["ignore", "ignore", "inherit"] });
  const mebibytes = (statSync(archive).size / 1024 / 1024).toFixed(0);
  say(`${values.tag}: ${mebibytes} MiB, in ${((performance.now() - startedAt) / 1_000).toFixed(0)} s`);
}

/** The time that all files get: SOURCE_DATE_EPOCH where it is set, or else that of the last commit. */
function sourceDateEpoch(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  return Number(given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: gateway, encoding: "utf8" }));
}

/** Works on every file system, whatever the machine's own storage is of. */
function storageArgs(folder: string): string[] {
  return ["--storage-driver", "vfs", "--root", folder, "--runroot", `${folder}-run`];
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
