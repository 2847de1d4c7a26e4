import { type CallName, callNames } from "./call-names.ts";
import { createNewestFirst } from "./newest-first.ts";

const requestsMax = 1_000;
const textLengthMax = 300;
const bodyFieldsMax = 20;
const bodyFieldsShown = new Set(["fqdn", "name", "id_in_service", "method", "auth_id"]);
const hidden = "***";

/** A request that arrived. Made by `loggedRequest`; body and status are filled in as they come to be known. */
export interface LoggedRequest {
  /** Null where no call has that method and path. */
  readonly call: CallName | null;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly time: string;
  /** The account's name and a mask; a mask alone for credentials that are no account's, null without any. */
  readonly credentials: string | null;
  /** The JSON object's fields, masked; null where there was none. */
  body: Record<string, unknown> | null;
  /** The answer that was decided on; null before that, and where the connection is reset instead. */
  status: number | null;
}

/** What arrived at the emulated API: the newest 1,000 requests, and how many of each call in all. */
export interface RequestLog {
  add(request: LoggedRequest): void;
  /** Newest first. */
  requests(): LoggedRequest[];
  /** Requests per call since the start or the last `clear`, those that were refused included. */
  totals(): Record<CallName | "unknown", number>;
  clear(): void;
}

/** Creates an empty log. */
export function createRequestLog(): RequestLog {
  const newest = createNewestFirst<LoggedRequest>(requestsMax);
  let totals = noTotals();
  return {
    add(request) {
      newest.add(request);
      totals[request.call ?? "unknown"] += 1;
    },
    requests: newest.items,
    totals: () => totals,
    clear() {
      newest.clear();
      totals = noTotals();
    },
  };
}

function noTotals(): Record<CallName | "unknown", number> {
  return Object.fromEntries([...callNames, "unknown"].map((name) => [name, 0])) as Record<CallName | "unknown", number>;
}

/**
 * The loggable part of a JSON body. Shown are the fields that are listed here, cut
 * at 300 characters; of a phone number the first four and last two characters;
 * of everything else, the token above all, only that it was there.
 */
export function maskedBody(body: Buffer): Record<string, unknown> | null {
  const fields = objectFromJson(body);
  if (fields === null) return null;
  return Object.fromEntries(
    Object.entries(fields)
      .slice(0, bodyFieldsMax)
      .map(([name, value]) => [name.slice(0, textLengthMax), maskedField(name, value)]),
  );
}

/** Cuts text that a sender chose to a length that can be kept a thousand times. */
export function loggedText(text: string): string {
  return text.slice(0, textLengthMax);
}

function maskedField(name: string, value: unknown): unknown {
  if (value === null) return null;
  if (typeof value !== "string") return hidden;
  if (bodyFieldsShown.has(name)) return loggedText(value);
  if (name === "phone_number" && value.length >= 9) return `${value.slice(0, 4)}${hidden}${value.slice(-2)}`;
  return hidden;
}

function objectFromJson(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}
