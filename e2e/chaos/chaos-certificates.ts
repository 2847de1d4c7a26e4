import { join } from "node:path";
import { runCommand } from "../src/run-command.ts";

/** Paths of a certificate and its key, in PEM. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

export interface ChaosCertificates {
  /** For localhost, signed by itself; the gateway trusts it. */
  readonly server: CertificateFiles;
  /** For localhost too; nobody trusts it. */
  readonly stranger: CertificateFiles;
}

/** Makes certificates in `folder`, by the command `openssl`. */
export async function makeChaosCertificates(folder: string): Promise<ChaosCertificates> {
  return { server: await make(folder, "server"), stranger: await make(folder, "stranger") };
}

async function make(folder: string, name: string): Promise<CertificateFiles> {
  const files = { certFile: join(folder, `${name}.pem`), keyFile: join(folder, `${name}.key`) };
  const { exitCode, stderr } = await runCommand("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2"],
    ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=DNS:localhost"],
    ...["-keyout", files.keyFile, "-out", files.certFile],
  ]);
  if (exitCode !== 0) {
    throw new Error(`openssl: ${stderr}`);
  }
  return files;
}
