import { Fault } from "@verigate/call";

/** Where a page begins: behind the user of this id, of this service, among those of this id_in_service. */
export interface PagePosition {
  readonly serviceId: string;
  /** Empty: among all. */
  readonly idInService: string;
  readonly lastId: string;
}

const version = 1;

/** An opaque token (AIP-158) that any replica understands. It holds nothing that its reader has not seen. */
export function tokenFromPosition({ serviceId, idInService, lastId }: PagePosition): string {
  return Buffer.from(JSON.stringify([version, serviceId, idInService, lastId]), "utf8").toString("base64url");
}

/** The inverse of {@link tokenFromPosition}, for a request on the same service with the same filter. */
export function lastIdFromToken(token: string, { serviceId, idInService }: Omit<PagePosition, "lastId">): string {
  const parts = partsOf(token);
  if (parts === undefined) {
    throw tokenFault("is not a page token of ListUsers");
  }
  if (parts[1] !== serviceId || parts[2] !== idInService) {
    throw tokenFault("belongs to a list of another service_id or id_in_service");
  }
  return parts[3];
}

function partsOf(token: string): [number, string, string, string] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
  } catch {
    return undefined;
  }
  const isToken =
    Array.isArray(json) &&
    json.length === 4 &&
    json[0] === version &&
    json.slice(1).every((part) => typeof part === "string");
  return isToken ? (json as [number, string, string, string]) : undefined;
}

function tokenFault(description: string): Fault {
  return new Fault("invalid-request", {
    publicMessage: `page_token: ${description}`,
    violations: [{ field: "page_token", description }],
  });
}
