/**
 * `pnpm image`: makes the images' file systems and, of each, by its Dockerfile, the
 * image. Needs a Linux of Debian's kind, and buildah.
 *
 *   --folder DIR   where the file systems are made; default deploy/dist
 *   --storage DIR  buildah's storage, for images that nobody else sees; default: buildah's own
 */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Image, images } from "./images.ts";
import { makeArchive } from "./make-archive.ts";

const inRepository = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));

const { values } = parseArgs({
  options: {
    folder: { type: "string", default: inRepository("deploy/dist") },
    storage: { type: "string" },
  },
});
const folder = resolve(values.folder);
const storage =
  values.storage === undefined
    ? []
    : // Works on every file system, whatever the machine's own storage is of.
      ["--storage-driver", "vfs", "--root", values.storage, "--runroot", `${values.storage}-run`];

try {
  await buildAll();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

/** All archives before the first image: whoever has no buildah goes on from them. */
async function buildAll(): Promise<void> {
  const epoch = sourceDateEpoch();
  rmSync(folder, { recursive: true, force: true });
  const archived: (readonly [image: Image, context: string])[] = [];
  for (const image of images) {
    const { app } = image;
    const onStep = (text: string) => say(`${app}: ${text}`);
    const options = { image, sources: inRepository(`apps/${app}`), folder: join(folder, app), epoch, onStep };
    archived.push([image, await makeArchive(options)]);
  }
  for (const [image, context] of archived) {
    build(image, context, epoch);
  }
}

function build({ app }: Image, context: string, epoch: number): void {
  const { version } = JSON.parse(readFileSync(inRepository(`apps/${app}/package.json`), "utf8")) as { version: string };
  const tag = `verigate/${app}:${version}`;
  const words = [
    ...storage,
    ...["build", "--quiet", "--format", "docker", "--timestamp", String(epoch), "--build-arg", `VERSION=${version}`],
    ...["--tag", tag, "--file", inRepository(`deploy/${app}.Dockerfile`), context],
  ];
  execFileSync("buildah", words, { stdio: ["ignore", "ignore", "inherit"] });
  say(`${tag}: ${(statSync(join(context, "root.tar")).size / 1024 / 1024).toFixed(0)} MiB`);
}

/** The time that all files get: SOURCE_DATE_EPOCH where it is set, or else that of the last commit. */
function sourceDateEpoch(): number {
  const given = process.env.SOURCE_DATE_EPOCH;
  const cwd = inRepository("");
  return Number(given ?? execFileSync("git", ["log", "-1", "--format=%ct"], { cwd, encoding: "utf8" }));
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
