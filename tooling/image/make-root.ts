import { execFileSync } from "node:child_process";
import { copyFileSync, globSync, mkdirSync, realpathSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { debianPackagesOf } from "./debian-packages.ts";
import { libraryPathsOf } from "./library-paths.ts";

/** Who the program is in the container: a number that stands for nobody, as most images without root have it. */
export const imageUserId = 65532;

/** Where the command looks for certificate authorities, which deploy/gateway.Dockerfile names. */
const authoritiesFile = "/etc/ssl/certs/ca-certificates.crt";

const texts: Readonly<Record<string, string>> = {
  // Names for what would be bare numbers otherwise. No shell is named, because there is none.
  "/etc/passwd": `verigate:x:${imageUserId}:${imageUserId}::/:\n`,
  "/etc/group": `verigate:x:${imageUserId}:\n`,
  // Runtimes put their own in its place; without one, localhost would be asked of a name server.
  "/etc/hosts": "127.0.0.1 localhost\n::1 localhost\n",
  "/etc/nsswitch.conf": "passwd: files\ngroup: files\nhosts: files dns\n",
};

/**
 * Makes an image's file system in the empty folder `root`: Node, the libraries
 * that it needs, the authorities that it trusts, and the bundle at /verigate.
 * Libraries are this machine's, which has to be a Debian.
 */
export function makeRoot(root: string, bundle: string): void {
  const node = nodeProgram();
  const libraries = libraryPathsOf(node.program);
  copyInto(root, "/usr/bin/node", node.program);
  for (const path of libraries) {
    copyInto(root, path, realpathSync(path));
  }
  for (const [path, text] of Object.entries(texts)) {
    writeInto(root, path, text);
  }
  // Those that Node itself comes with: they are newer than Debian's, and the same as outside of the image.
  writeInto(root, authoritiesFile, rootCertificatesOf(node.program));
  // Maps of the sources stay outside: nothing in the container reads them, and they are four times the bundle.
  for (const path of globSync("*.{js,json,txt}", { cwd: bundle })) {
    copyInto(root, `/verigate/${path}`, join(bundle, path));
  }
  // Where a volume for the socket is mounted; some runtimes give a new volume the owner of what it covers.
  mkdirSync(join(root, "run/verigate"), { recursive: true });
  writeInventory(root, libraries);
  copyInto(root, "/usr/share/doc/node/copyright", node.license);
}

/** What scanners read to find out what is inside, and the licences' texts. */
function writeInventory(root: string, libraries: readonly string[]): void {
  copyInto(root, "/etc/os-release", realpathSync("/etc/os-release"));
  for (const { name, status, copyrightFile } of debianPackagesOf(libraries)) {
    writeInto(root, `/var/lib/dpkg/status.d/${name}`, status);
    copyInto(root, copyrightFile, realpathSync(copyrightFile));
  }
}

/** The Node of the lockfile, for the machine's own kind of processor. */
function nodeProgram(): { readonly program: string; readonly license: string } {
  const name = `node-linux-${process.arch}`;
  const folder = dirname(createRequire(new URL("../../package.json", import.meta.url)).resolve(`${name}/package.json`));
  return { program: join(folder, "bin/node"), license: join(folder, "LICENSE") };
}

function rootCertificatesOf(node: string): string {
  const script = 'process.stdout.write(require("node:tls").rootCertificates.join("\\n") + "\\n")';
  return execFileSync(node, ["--eval", script], { encoding: "utf8" });
}

function copyInto(root: string, path: string, source: string): void {
  copyFileSync(source, prepared(root, path));
}

function writeInto(root: string, path: string, text: string): void {
  writeFileSync(prepared(root, path), text);
}

function prepared(root: string, path: string): string {
  const target = join(root, path);
  mkdirSync(dirname(target), { recursive: true });
  return target;
}
