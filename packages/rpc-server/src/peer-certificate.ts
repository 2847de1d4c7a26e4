import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { PeerCertificate } from "@verigate/call";

/** The names of the certificate that the other end showed and that was verified; undefined where there is none. */
export function peerCertificateOf(socket: Socket): PeerCertificate | undefined {
  if (!(socket instanceof TLSSocket) || !socket.authorized) {
    return undefined;
  }
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : namesFromSubjectAltName(certificate.subjectAltName ?? "");
}

/** Whether the other end showed a certificate that no authority of ours signed. */
export function hasForeignCertificate(socket: Socket): boolean {
  return socket instanceof TLSSocket && !socket.authorized && socket.getPeerX509Certificate() !== undefined;
}

/** `DNS:name`, and what follows up to the next entry; a value with odd characters stands in quotes, as JSON. */
const entryPattern = /([^:,]+):("(?:[^"\\]|\\.)*"|[^",]*)(?:, |$)/gy;

/**
 * Reads the names out of Node's text of a certificate's subjectAltName. A value in quotes, which holds
 * what could be taken for another entry, is left out; a text that is not of this form has no names at all.
 */
export function namesFromSubjectAltName(text: string): PeerCertificate {
  const uris: string[] = [];
  const dnsNames: string[] = [];
  let end = 0;
  for (const match of text.matchAll(entryPattern)) {
    const [whole, type, value = ""] = match;
    end = match.index + whole.length;
    if (type === "URI" && !value.startsWith('"')) {
      uris.push(value);
    } else if (type === "DNS" && !value.startsWith('"')) {
      dnsNames.push(value);
    }
  }
  return end === text.length ? { uris, dnsNames } : { uris: [], dnsNames: [] };
}
