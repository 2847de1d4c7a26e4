/** Who has to act on a fault: the caller, the gateway's operator, nobody (capacity passes), or the upstream. */
export type FaultOwner = "caller" | "gateway" | "capacity" | "upstream";

/**
 * Every way in which a call fails. A kind says what happened; which status,
 * reason and next step a caller sees is decided at the front door.
 */
export type FaultKind =
  | "invalid-request"
  | "request-unsupported"
  | "compression-unnamed"
  | "request-id-reused"
  | "request-too-large"
  | "method-unknown"
  | "caller-unauthenticated"
  | "authentication-unavailable"
  | "caller-rate-limited"
  | "caller-not-allowed"
  | "country-not-allowed"
  | "send-cooldown"
  | "send-limit"
  | "service-send-limit"
  | "pumping-suspected"
  | "cancelled"
  | "deadline-exceeded"
  | "service-not-found"
  | "user-not-found"
  | "verification-not-found"
  | "service-exists"
  | "user-exists"
  | "service-not-empty"
  | "upstream-rejected"
  | "upstream-credentials-rejected"
  | "upstream-forbidden"
  | "gateway-bug"
  | "shutting-down"
  | "overloaded"
  | "store-unavailable"
  | "upstream-circuit-open"
  | "upstream-rate-limited"
  | "upstream-unreachable"
  | "upstream-failed"
  | "upstream-bad-response"
  | "outcome-unknown"
  | "outcome-unknown-at-deadline"
  | "outcome-pending";

/** Who has to act on it. */
export const faultOwners: Readonly<Record<FaultKind, FaultOwner>> = {
  "invalid-request": "caller",
  "request-unsupported": "caller",
  "compression-unnamed": "caller",
  "request-id-reused": "caller",
  "request-too-large": "caller",
  "method-unknown": "caller",
  "caller-unauthenticated": "caller",
  "authentication-unavailable": "gateway",
  "caller-rate-limited": "caller",
  "caller-not-allowed": "caller",
  "country-not-allowed": "caller",
  "send-cooldown": "caller",
  "send-limit": "caller",
  "service-send-limit": "caller",
  "pumping-suspected": "caller",
  cancelled: "caller",
  "deadline-exceeded": "caller",
  "service-not-found": "caller",
  "user-not-found": "caller",
  "verification-not-found": "caller",
  "service-exists": "caller",
  "user-exists": "caller",
  "service-not-empty": "caller",
  "upstream-rejected": "caller",
  "upstream-credentials-rejected": "gateway",
  "upstream-forbidden": "gateway",
  "gateway-bug": "gateway",
  "store-unavailable": "gateway",
  "shutting-down": "capacity",
  overloaded: "capacity",
  "upstream-circuit-open": "upstream",
  "upstream-rate-limited": "capacity",
  "upstream-unreachable": "upstream",
  "upstream-failed": "upstream",
  "upstream-bad-response": "upstream",
  "outcome-unknown": "upstream",
  "outcome-unknown-at-deadline": "upstream",
  "outcome-pending": "upstream",
};

/** One field of a request that breaks a rule. `description` never holds the field's value. */
export interface FieldViolation {
  readonly field: string;
  readonly description: string;
}

/** What is missing or in the way: `type` is a message's full name, `name` an id that the caller gave. */
export interface FaultResource {
  readonly type: string;
  readonly name: string;
}

/** A limit that is reached: whose, and which. Names no id but one that the caller sent. */
export interface FaultQuota {
  readonly subject: string;
  readonly description: string;
}

export interface FaultOptions {
  /**
   * What the caller is told. Never an upstream body, a credential, a PIN or a
   * phone number. Default: a sentence for the kind.
   */
  readonly publicMessage?: string;
  /** How long the caller should wait, in milliseconds, where it is known. */
  readonly retryAfterMs?: number;
  readonly violations?: readonly FieldViolation[];
  readonly resource?: FaultResource;
  readonly quota?: FaultQuota;
  /** What is behind it, for the log alone. */
  readonly cause?: unknown;
}

/**
 * A call that failed, in the gateway's own terms. It has two texts: `message`
 * (with `cause`) is for operators, `publicMessage` for callers.
 */
export class Fault extends Error {
  override readonly name = "Fault";
  readonly kind: FaultKind;
  readonly publicMessage: string | undefined;
  readonly retryAfterMs: number | undefined;
  readonly violations: readonly FieldViolation[];
  readonly resource: FaultResource | undefined;
  readonly quota: FaultQuota | undefined;

  constructor(kind: FaultKind, options: FaultOptions = {}) {
    super(
      options.publicMessage === undefined ? kind : `${kind}: ${options.publicMessage}`,
      "cause" in options ? { cause: options.cause } : undefined,
    );
    this.kind = kind;
    this.publicMessage = options.publicMessage;
    this.retryAfterMs = options.retryAfterMs;
    this.violations = options.violations ?? [];
    this.resource = options.resource;
    this.quota = options.quota;
  }

  get owner(): FaultOwner {
    return faultOwners[this.kind];
  }
}

export function isFault(error: unknown): error is Fault {
  return error instanceof Fault;
}

/** The fault that `error` is; any other value is a bug of ours, and becomes the fault that says so. */
export function faultFromError(error: unknown): Fault {
  return isFault(error) ? error : new Fault("gateway-bug", { cause: error });
}
