import type { IncomingMessage } from "node:http";

/** The path of a request's target as it was sent, without the query. */
export function requestPath(request: IncomingMessage): string {
  return (request.url ?? "").split("?", 1)[0] ?? "";
}

/** The query of a request's target. */
export function requestQuery(request: IncomingMessage): URLSearchParams {
  const [, query = ""] = (request.url ?? "").split("?", 2);
  return new URLSearchParams(query);
}
