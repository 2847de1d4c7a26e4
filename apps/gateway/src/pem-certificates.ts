import { X509Certificate } from "node:crypto";

/** Throws an Error where a PEM text has no certificate, or one that can't be read; TLS would pass over both in silence. */
export function assertCertificates(pem: Buffer): void {
  const blocks = pem.toString("latin1").match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) {
    throw new Error("there is no certificate in PEM");
  }
  for (const block of blocks) {
    try {
      new X509Certificate(block);
    } catch (cause) {
      throw new Error("a certificate can't be read", { cause });
    }
  }
}
