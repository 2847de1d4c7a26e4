import { nearest } from "../nearest.ts";

/** Names that start with VERIGATE_ and belong to the sandbox, the client's examples or the test run. */
const othersNames = [
  "VERIGATE_SANDBOX_LISTEN",
  "VERIGATE_SANDBOX_ACCOUNT",
  "VERIGATE_ADDRESS",
  "VERIGATE_REQUIRE_REAL",
];

/**
 * What Kubernetes puts into every container for a Service whose name starts with
 * "verigate": VERIGATE_SERVICE_HOST, VERIGATE_PORT_8080_TCP_ADDR, ...
 */
const serviceLink =
  /^VERIGATE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/** A sentence for each name that nobody knows, with the known one that it is probably meant to be. */
export function unknownSettings(names: readonly string[], known: readonly string[]): string[] {
  const all = [...known, ...othersNames];
  return names
    .filter((name) => name.startsWith("VERIGATE_") && !all.includes(name) && !serviceLink.test(name))
    .map((name) => {
      const near = nearest(name, all);
      return `${name}: there is no such setting${near === undefined ? "" : `; did you mean ${near}?`}`;
    });
}
