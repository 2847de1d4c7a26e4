import { globSync, lstatSync } from "node:fs";
import { join } from "node:path";
import { inRepository } from "./repository.ts";
import { runCommand } from "./run-command.ts";

/** What an image says about how it is run, in Docker's words. */
export interface ImageConfig {
  /** Numbers: `user:group`. */
  readonly User: string;
  readonly WorkingDir: string;
  /** Each `NAME=value`. */
  readonly Env: readonly string[];
  readonly Entrypoint: readonly string[];
  readonly Cmd: readonly string[];
  readonly StopSignal: string;
  readonly ExposedPorts: Readonly<Record<string, object>>;
  readonly Labels: Readonly<Record<string, string>>;
  /** `CMD` and the command. */
  readonly Healthcheck?: { readonly Test: readonly string[] };
}

export interface ImageFile {
  readonly path: string;
  /** Permissions, with set-user-id and the like. */
  readonly mode: number;
  readonly isFolder: boolean;
  readonly userId: number;
}

export interface ImageUnderTest {
  /** By which a deployment names it, such as `verigate/gateway:0.1.0`. */
  readonly reference: string;
  readonly config: ImageConfig;
  /** The folder of its files, unpacked as a runtime would. Runtimes put places for what they mount in it. */
  readonly root: string;
  /** What was in that folder before any runtime saw it. */
  readonly files: readonly ImageFile[];
  /** Of its one layer, unpacked. */
  readonly bytes: number;
  /** Of the same bytes. */
  readonly digest: string;
}

export interface ImagesUnderTest {
  readonly gateway: ImageUnderTest;
  readonly sandbox: ImageUnderTest;
}

/** Runs buildah on a storage of the test's own. */
type Buildah = (...args: readonly string[]) => Promise<string>;

/** Builds the images as `pnpm image` does, in an empty folder of their own, and unpacks them there. */
export async function buildImages(folder: string): Promise<ImagesUnderTest> {
  const storage = join(folder, "storage");
  const script = ["--conditions=@verigate/source", inRepository("tooling/image/build-images.ts")];
  await succeed(process.execPath, [...script, "--folder", join(folder, "image"), "--storage", storage]);
  const where = ["--storage-driver", "vfs", "--root", storage, "--runroot", `${storage}-run`];
  const buildah: Buildah = (...args) => succeed("buildah", [...where, ...args]);
  const built = JSON.parse(await buildah("images", "--json")) as readonly { readonly names: readonly string[] }[];
  const references = built.flatMap(({ names }) => names.map((name) => name.replace(/^localhost\//, "")));
  const unpacked = (name: string) =>
    unpack(buildah, references.find((each) => each.startsWith(`${name}:`)) ?? `${name}, which was not built`);
  return { gateway: await unpacked("verigate/gateway"), sandbox: await unpacked("verigate/sandbox") };
}

async function unpack(buildah: Buildah, reference: string): Promise<ImageUnderTest> {
  const { Docker, Manifest } = JSON.parse(await buildah("inspect", "--type", "image", reference)) as {
    readonly Docker: { readonly config: ImageConfig };
    readonly Manifest: string;
  };
  const { layers } = JSON.parse(Manifest) as { readonly layers: readonly { size: number; digest: string }[] };
  const [layer = { size: 0, digest: "" }, ...more] = layers;
  if (more.length > 0) {
    throw new Error(`${reference} has ${layers.length} layers`);
  }
  const container = (await buildah("from", "--pull-never", reference)).trim();
  const root = (await buildah("mount", container)).trim();
  return { reference, config: Docker.config, root, files: filesIn(root), bytes: layer.size, digest: layer.digest };
}

function filesIn(root: string): ImageFile[] {
  return globSync("**/*", { cwd: root, withFileTypes: true }).map((entry) => {
    const path = join(entry.parentPath, entry.name);
    const { mode, uid } = lstatSync(path);
    return { path: path.slice(root.length), mode: mode & 0o7777, isFolder: entry.isDirectory(), userId: uid };
  });
}

/** Runs a program to its end and gives what it printed. An Error with what it said where it failed. */
async function succeed(file: string, args: readonly string[]): Promise<string> {
  const { exitCode, stdout, stderr } = await runCommand(file, args, { env: { HOME: process.env.HOME ?? "/" } });
  if (exitCode !== 0) {
    throw new Error(`${file} ended with ${exitCode}: ${stdout}${stderr}`);
  }
  return stdout;
}
