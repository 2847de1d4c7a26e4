import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A certificate and its key, as files and as their contents. */
export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export interface Certificates {
  readonly authority: Certificate;
  /** For localhost and 127.0.0.1. */
  readonly server: Certificate;
  /** For the name login.internal. */
  readonly client: Certificate;
  /** Of another authority. */
  readonly stranger: Certificate;
  /** Has the authority sign another one, with these X.509v3 extensions, one a line. */
  sign(name: string, extensions: string): Promise<Certificate>;
}

/** Makes an authority and what it signs, by the command `openssl`. */
export async function makeCertificates(): Promise<Certificates> {
  const folder = temporaryFolder();
  const authority = await selfSigned(folder, "authority");
  return {
    authority,
    server: await signed(folder, "server", "subjectAltName=DNS:localhost,IP:127.0.0.1", authority),
    client: await signed(folder, "client", clientExtensions("DNS:login.internal"), authority),
    stranger: await selfSigned(folder, "stranger"),
    sign: (name, extensions) => signed(folder, name, extensions, authority),
  };
}

/** What a certificate of a client needs, whose names are these. */
export function clientExtensions(subjectAltName: string): string {
  return `extendedKeyUsage=clientAuth\nsubjectAltName=${subjectAltName}`;
}

const newKey = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc"];

async function selfSigned(folder: string, name: string): Promise<Certificate> {
  const certFile = join(folder, `${name}.pem`);
  const keyFile = join(folder, `${name}.key`);
  await run("req", "-x509", ...newKey, "-keyout", keyFile, "-out", certFile, "-days", "2", "-subj", `/CN=${name}`);
  return read(certFile, keyFile);
}

async function signed(folder: string, name: string, extension: string, authority: Certificate): Promise<Certificate> {
  const [certFile, keyFile, request, extensions] = ["pem", "key", "csr", "ext"].map((end) =>
    join(folder, `${name}.${end}`),
  ) as [string, string, string, string];
  writeFileSync(extensions, extension);
  await run("req", ...newKey, "-keyout", keyFile, "-out", request, "-subj", `/CN=${name}`);
  const signing = ["-CA", authority.certFile, "-CAkey", authority.keyFile, "-CAcreateserial", "-days", "2"];
  await run("x509", "-req", "-in", request, ...signing, "-extfile", extensions, "-out", certFile);
  return read(certFile, keyFile);
}

function read(certFile: string, keyFile: string): Certificate {
  return { certFile, keyFile, cert: readFileSync(certFile), key: readFileSync(keyFile) };
}

async function run(...args: string[]): Promise<void> {
  const { exitCode, stderr } = await runCommand("openssl", args);
  if (exitCode !== 0) {
    throw new Error(`openssl ${args[0]}: ${stderr}`);
  }
}
