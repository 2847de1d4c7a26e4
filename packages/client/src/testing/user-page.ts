import { ErrorReason, type ListUsersRequest, type User } from "@verigate/contract";
import { gatewayError } from "./gateway-error.ts";

const pageSizeDefault = 100;
const pageSizeMax = 1_000;

/** One page of `users`, which are in the order of their ids (AIP-158). */
export function pageOf(users: readonly User[], request: ListUsersRequest): { users: User[]; nextPageToken: string } {
  const { serviceId, idInService, pageSize } = request;
  const size = Math.min(pageSize === 0 ? pageSizeDefault : pageSize, pageSizeMax);
  const lastId = lastIdFromToken(request);
  const rest = users.filter((user) => (idInService === "" || user.idInService === idInService) && user.id > lastId);
  const page = rest.slice(0, size);
  const last = page.at(-1);
  const isLastPage = last === undefined || rest.length <= size;
  return { users: page, nextPageToken: isLastPage ? "" : tokenFrom([serviceId, idInService, last.id]) };
}

function tokenFrom(parts: readonly string[]): string {
  return parts.map((part) => Buffer.from(part).toString("base64url")).join(".");
}

/** Throws INVALID_REQUEST for a token that was made for another service or filter. */
function lastIdFromToken({ serviceId, idInService, pageToken }: ListUsersRequest): string {
  if (pageToken === "") return "";
  const lastId = Buffer.from(pageToken.split(".")[2] ?? "", "base64url").toString();
  if (lastId !== "" && tokenFrom([serviceId, idInService, lastId]) === pageToken) return lastId;
  const description = "is not a token of this list";
  throw gatewayError(ErrorReason.INVALID_REQUEST, { violations: [{ field: "page_token", description }] });
}
