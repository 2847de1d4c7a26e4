import { X509Certificate } from "node:crypto";
import type { CertificateName } from "@verigate/telemetry";

const begin = "-----BEGIN CERTIFICATE-----";
/** Of each file's content: it stays the same object until the file is read again. */
const known = new WeakMap<Buffer, number>();

/** When the certificates in use end, in milliseconds since 1970; of a file with several, the first that does. */
export function certificateEnds(
  files: Readonly<Record<CertificateName, Buffer | undefined>>,
): Partial<Record<CertificateName, number>> {
  const ends = Object.entries(files).map(([name, pem]) => [name, endOf(pem)] as const);
  return Object.fromEntries(ends.filter(([, ms]) => Number.isFinite(ms)));
}

function endOf(pem: Buffer | undefined): number {
  if (pem === undefined) {
    return Number.POSITIVE_INFINITY;
  }
  const end = known.get(pem) ?? Math.min(...endsOf(pem));
  known.set(pem, end);
  return end;
}

/** What can't be read as a certificate is left out: whoever uses the file says so. */
function endsOf(pem: Buffer): number[] {
  const [, ...certificates] = pem.toString("latin1").split(begin);
  return certificates.flatMap((text) => {
    try {
      return [new X509Certificate(begin + text).validToDate.getTime()];
    } catch {
      return [];
    }
  });
}
