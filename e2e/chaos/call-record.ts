/** The operations of the load. */
export const operations = ["InitiateAuth", "VerifyPin", "CreateUser", "GetUser", "DeleteUser"] as const;
export type Operation = (typeof operations)[number];

/** Those that are not safe to repeat: upstream may see each of them once at most. */
export const unsafeOperations: ReadonlySet<string> = new Set<Operation>(["InitiateAuth", "VerifyPin", "CreateUser"]);

/** What the caller saw of a call. */
export type CallEnd =
  | { readonly kind: "ok"; readonly verified?: boolean; readonly userId?: string }
  /** `reason` is of the gateway's ErrorInfo; undefined where there was none, so that it was not the gateway who answered. */
  | { readonly kind: "error"; readonly code: string; readonly reason: string | undefined }
  /** No answer came, not even long after the deadline. */
  | { readonly kind: "unanswered" };

/** One call of the load: one intent, under a key of its own. */
export interface CallRecord {
  readonly operation: Operation;
  readonly key: string;
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
