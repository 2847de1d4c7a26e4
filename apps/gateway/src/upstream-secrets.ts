import { assertCertificates } from "./pem-certificates.ts";
import type { Reloads } from "./reloads.ts";
import type { Config } from "./settings/config-from-env.ts";
import type { WatchedFiles } from "./watched-files.ts";

/** Follows the file of the authorities to trust for the upstream; undefined where there is none. */
export function watchUpstreamCa(
  path: string | undefined,
  reloads: Reloads,
  onChange: (ca: Buffer) => void,
): WatchedFiles<Buffer> | undefined {
  return path === undefined
    ? undefined
    : reloads.watch({
        secret: "upstream_ca",
        paths: [path],
        parse([pem = Buffer.alloc(0)]) {
          assertCertificates(pem);
          return pem;
        },
        onChange,
      });
}

/** Follows the files of the account, where it stands in files. `onChange` reads it again. */
export function watchAccount({ accountFiles, readAccount }: Config, reloads: Reloads, onChange: () => void): void {
  if (accountFiles.length > 0) {
    // The account is kept by who signs with it, and nowhere else.
    reloads.watch({ secret: "account", paths: accountFiles, parse: () => void readAccount(), onChange });
  }
}
