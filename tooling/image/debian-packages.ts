import { execFileSync } from "node:child_process";
import { realpathSync } from "node:fs";

/** A Debian package, as it is installed on this machine. */
export interface DebianPackage {
  readonly name: string;
  /** Its paragraph of dpkg's database, which scanners of images look for. */
  readonly status: string;
  readonly copyrightFile: string;
}

/** The packages that these files came with, each once. Throws where a file is of none. */
export function debianPackagesOf(paths: readonly string[]): DebianPackage[] {
  const names = new Set(paths.map(packageNameOf));
  return [...names].sort().map((name) => ({
    name,
    status: execFileSync("dpkg-query", ["--status", name], { encoding: "utf8" }),
    copyrightFile: `/usr/share/doc/${name}/copyright`,
  }));
}

function packageNameOf(path: string): string {
  // dpkg knows a file by the path that its package names, which may be this side of the link /lib -> /usr/lib or that.
  const names = [path, `/usr${path}`, realpathSync(path)].map(ownerOf);
  const name = names.find((each) => each !== undefined);
  if (name === undefined) {
    throw new Error(`${path} is of no Debian package`);
  }
  return name;
}

function ownerOf(path: string): string | undefined {
  try {
    const line = execFileSync("dpkg-query", ["--search", path], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
    return line.split(":", 1)[0];
  } catch {
    return undefined;
  }
}
