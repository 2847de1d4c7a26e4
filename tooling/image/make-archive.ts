import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { archiveRoot } from "./archive-root.ts";
import { fillCompileCache } from "./fill-compile-cache.ts";
import type { Image } from "./images.ts";
import { makeRoot } from "./make-root.ts";

export interface MakeArchiveOptions {
  readonly image: Image;
  /** Where the app's sources are. */
  readonly sources: string;
  /** An empty folder, or one that does not exist. */
  readonly folder: string;
  /** The time that all files get, in seconds since 1970. */
  readonly epoch: number;
  readonly onStep: (text: string) => void;
}

/** Makes the file system of an image, and packs it. Gives the folder that its Dockerfile is given: the archive and nothing else. */
export async function makeArchive({ image, sources, folder, epoch, onStep }: MakeArchiveOptions): Promise<string> {
  const [bundle = "", root = "", context = ""] = ["bundle", "root", "context"].map((name) => join(folder, name));
  for (const each of [root, context]) {
    mkdirSync(each, { recursive: true });
  }
  onStep("the bundle");
  execFileSync(join(sources, "node_modules/.bin/rolldown"), ["-c", "-d", bundle], {
    cwd: sources,
    // It lists its files, which nobody asked for.
    stdio: ["ignore", "ignore", "inherit"],
  });
  onStep("Node, its libraries, authorities");
  makeRoot(root, bundle);
  if (image.warmUps.length > 0) {
    onStep("compiled code");
    await fillCompileCache(root, image.warmUps);
  }
  onStep("the archive");
  archiveRoot({ root, archive: join(context, "root.tar"), epoch });
  return context;
}
