/** The operations of the load. */
export const operations = ["InitiateAuth", "VerifyPin", "CreateUser", "GetUser", "DeleteUser"] as const;
export type Operation = (typeof operations)[number];

/** Those that are not safe to repeat: upstream may see each of them once at most. */
export const unsafeOperations: ReadonlySet<string> = new Set<Operation>(["InitiateAuth", "VerifyPin", "CreateUser"]);

/** What a call is, for counting. */
export interface CallKind {
  readonly operation: Operation;
  /** Whether it has a request_id, so that a repeat of it is safe. */
  readonly isProtected: boolean;
}

/** All kinds of calls in the load: what only reads has no request_id. */
export const kinds: readonly CallKind[] = operations.flatMap((operation) => [
  { operation, isProtected: false },
  ...(operation === "GetUser" ? [] : [{ operation, isProtected: true }]),
]);

/** What the caller saw of a call. */
export type CallEnd =
  | {
      readonly kind: "ok";
      readonly verified?: boolean;
      readonly userId?: string;
      /** Whether it was recorded before: the answer of an earlier call with the same request_id. */
      readonly isReplayed?: boolean;
    }
  /** The fields after `code` are of the gateway's details; without them, it was not the gateway who answered. */
  | {
      readonly kind: "error";
      readonly code: string;
      readonly reason: string | undefined;
      readonly next?: string | undefined;
      /** How long it says to wait, in milliseconds. */
      readonly retryAfterMs?: number | undefined;
    }
  /** No answer came, not even long after the deadline. */
  | { readonly kind: "unanswered" };

/** One call of the load. Calls of one key and operation are one intent: repeats, under the same request_id. */
export interface CallRecord extends CallKind {
  readonly key: string;
  /** 0 where it is the first of its intent. */
  readonly repeat: number;
  /** When it was sent, in milliseconds of performance.now(). */
  readonly sentAtMs: number;
  readonly endedAtMs: number;
  /** The longest that this process itself stood still meanwhile, in milliseconds: it can't see an answer then. */
  readonly stalledMs: number;
  readonly end: CallEnd;
}

/** A word for how it ended, for counting: OK, a reason, or what a library made up. */
export function wordOfEnd(end: CallEnd): string {
  switch (end.kind) {
    case "ok":
      return "OK";
    case "unanswered":
      return "(unanswered)";
    case "error":
      return end.reason === undefined ? `${end.code} (no reason)` : `${end.code} ${end.reason}`;
  }
}
