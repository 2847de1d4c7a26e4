import type { PeerCertificate } from "@verigate/call";
import { isCallerName } from "./caller-name.ts";

/**
 * Who a certificate is for: its SPIFFE id, of which there can be one only (SPIFFE
 * X.509-SVID, 2), else its first DNS name, in lower case. Undefined where it says
 * neither; common names (CN) and wildcards name nobody.
 */
export function callerFromCertificate({ uris, dnsNames }: PeerCertificate): string | undefined {
  const spiffeIds = uris.filter((uri) => /^spiffe:\/\//i.test(uri));
  const [name] =
    spiffeIds.length > 0 ? spiffeIds : dnsNames.filter((each) => !each.includes("*")).map((each) => each.toLowerCase());
  return spiffeIds.length <= 1 && name !== undefined && isCallerName(name) ? name : undefined;
}
