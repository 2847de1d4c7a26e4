import { type Answer, Fault, type FaultKind, retryAfterMsFromHeaders } from "@verigate/call";
import { badAnswer } from "./decode.ts";
import type { Endpoint } from "./endpoints.ts";

/** What a status means wherever an endpoint does not say otherwise. */
const faultsOfStatus: Readonly<Record<number, FaultKind>> = {
  400: "upstream-rejected",
  401: "upstream-credentials-rejected",
  403: "upstream-forbidden",
  422: "upstream-rejected",
  429: "upstream-rate-limited",
};

/**
 * The fault that an answer with an unaccepted status is.
 *
 * A 404 counts as the API's own only with an empty or a JSON body: a proxy's
 * HTML says nothing about a user. 5xx is `upstream-failed`, or `outcome-unknown`
 * where the request may have been carried out and must not be repeated.
 */
export function faultFromAnswer<Params>(endpoint: Endpoint<Params, unknown>, params: Params, answer: Answer): Fault {
  const { status } = answer;
  if (status >= 500) {
    return new Fault(endpoint.retry === "safe" ? "upstream-failed" : "outcome-unknown", {
      cause: new Error(`status ${status}`),
    });
  }
  const own = endpoint.faults[status];
  const kind = typeof own === "function" ? own(params) : (own ?? faultsOfStatus[status]);
  if (kind === undefined) {
    return badAnswer(`has the status ${status}`);
  }
  if (status === 404 && !isEmptyOrJson(answer.body)) {
    return badAnswer("has the status 404 and a foreign body");
  }
  if (status === 404) {
    return new Fault(kind, { resource: endpoint.subject(params) });
  }
  const retryAfterMs = status === 429 ? retryAfterMsFromHeaders(answer.headers) : undefined;
  return retryAfterMs === undefined ? new Fault(kind) : new Fault(kind, { retryAfterMs });
}

function isEmptyOrJson(body: Buffer): boolean {
  const text = body.toString("utf8").trim();
  if (text === "") {
    return true;
  }
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
