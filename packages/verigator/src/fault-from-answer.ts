import { type Answer, Fault, type FaultKind, retryAfterMsFromHeaders } from "@verigate/call";
import { badAnswer } from "./decode.ts";
import type { Endpoint } from "./endpoints.ts";

/** The API's own errors are short. What is longer is not worth the time that looking at it takes. */
const ownBytesMax = 64 * 1024;

/** The wait after a 429 that asks for none: the documented limit counts per second. */
const rateLimitedMs = 1_000;

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
export function faultFromAnswer<Params>(
  endpoint: Endpoint<Params, unknown>,
  params: Params,
  answer: Omit<Answer, "answeredAtMs">,
): Fault {
  const { status } = answer;
  if (status >= 500) {
    const cause = new Error(`status ${status}`);
    const retryAfterMs = retryAfterMsFromHeaders(answer.headers);
    if (endpoint.retry !== "safe") {
      return new Fault("outcome-unknown", { cause });
    }
    return new Fault("upstream-failed", retryAfterMs === undefined ? { cause } : { cause, retryAfterMs });
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
  if (status === 429) {
    return new Fault(kind, { retryAfterMs: retryAfterMsFromHeaders(answer.headers) ?? rateLimitedMs });
  }
  return new Fault(kind);
}

/** Whether an answer can be the API's own. A proxy's is HTML or text. */
export function isEmptyOrJson(body: Buffer): boolean {
  if (body.byteLength > ownBytesMax) {
    return false;
  }
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
