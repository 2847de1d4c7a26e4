import { createSecureContext } from "node:tls";
import type { PortOptions } from "@verigate/rpc-server";
import { assertCertificates } from "./pem-certificates.ts";
import type { Reloads } from "./reloads.ts";
import type { SettingValues } from "./settings/settings.ts";
import type { WatchedFiles } from "./watched-files.ts";

/** What a TLS listener needs of its files. */
export interface ServerTls {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly ca?: Buffer;
}

/** Follows the files of the listeners' TLS; undefined where they speak none. */
export function watchServerTls(
  values: SettingValues,
  reloads: Reloads,
  onChange: (tls: ServerTls) => void,
): WatchedFiles<ServerTls> | undefined {
  const { VERIGATE_TLS_CERT_FILE: cert, VERIGATE_TLS_KEY_FILE: key, VERIGATE_TLS_CLIENT_CA_FILE: ca } = values;
  return cert === undefined || key === undefined
    ? undefined
    : reloads.watch({
        secret: "tls",
        paths: [cert.path, key.path, ...(ca === undefined ? [] : [ca.path])],
        parse: tlsFromFiles,
        onChange,
      });
}

/** TLS as a port takes it. A trusted listener asks for a certificate, but does without. */
export function portTls(tls: ServerTls, isTrusted: boolean): NonNullable<PortOptions["tls"]> {
  return tls.ca === undefined ? tls : { ...tls, requestCert: true, rejectUnauthorized: !isTrusted };
}

/** Clears the key, which TLS has taken over by then. */
export function forgetKey({ key }: ServerTls): void {
  key.fill(0);
}

function tlsFromFiles([cert = Buffer.alloc(0), key = Buffer.alloc(0), ca]: readonly Buffer[]): ServerTls {
  // Throws where the key is not the certificate's, as while only one of them has been replaced.
  createSecureContext({ cert, key });
  if (ca === undefined) {
    return { cert, key };
  }
  assertCertificates(ca);
  return { cert, key, ca };
}
