/** The protocol a call came in; "http" is a request that belongs to none of the three. */
export type Protocol = "grpc" | "grpc-web" | "connect" | "http";

/**
 * One RPC on its way through the gateway: what its headers told, and what
 * became of it so far. It is made at the front door and passed down.
 */
export interface Call {
  /** Full name of the service, such as `verigate.v1.AuthAPI`; empty where there is no such method. */
  readonly service: string;
  /** Name of the method, such as `VerifyPin`; empty where there is no such method. */
  readonly method: string;
  readonly isStreaming: boolean;
  readonly protocol: Protocol;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly peer: Peer;
  /** When the headers had arrived, by the clock's nowMs. */
  readonly startedAtMs: number;
  /**
   * Has `listener` called when the caller has left: nobody reads the answer. It takes
   * the place of the one before; undefined takes that away. (A signal for each call
   * would be the better known way, and costs it 1 % of its CPU.)
   */
  readonly onDeparture: (listener: (() => void) | undefined) => void;
  readonly progress: Progress;
}

/** Where a call came from. */
export interface Peer {
  /** The listener's address, as it is configured. */
  readonly listener: string;
  /** Whether the listener is a Unix socket. */
  readonly isUnix: boolean;
  /** The IP address at the other end of a TCP connection; a proxy's, where one stands between. */
  readonly address?: string | undefined;
  /** Of the certificate that the other end showed, and that an authority of ours signed. */
  readonly certificate?: PeerCertificate | undefined;
}

/** Names that a certificate is for (RFC 5280, 4.2.1.6), in its order; those that could be misread are left out. */
export interface PeerCertificate {
  readonly uris: readonly string[];
  readonly dnsNames: readonly string[];
}

/** What became of a call so far. Whoever learns it writes it here. */
export interface Progress {
  /** Who asked: the caller's name, once it is known. */
  caller: string;
  /** When the caller must be answered, by the clock's nowMs; Infinity where nothing limits it. */
  deadlineAtMs: number;
  /**
   * Whether a request that is not safe to repeat was started upstream, and no
   * definite answer has come: from here on, giving up means an unknown outcome.
   */
  isOutcomeOpen: boolean;
  /**
   * Whether a request that is safe to repeat was sent and got no answer, by this
   * call or by an earlier one with its request_id: it may have been carried out,
   * and a DELETE that finds nothing has done what it should.
   */
  isAnswerLost: boolean;
  /** Whether a repeat of the same request gets what becomes of this one, because it has a request_id. */
  isRepeatable: boolean;
  /** Whether the caller has been answered, or left: what has not been sent must not be sent any more. */
  isAbandoned: boolean;
  /** Requests that were started upstream. */
  attempts: number;
  /** When the latest of them could have been started at the earliest, by the clock's nowMs. */
  attemptedAtMs: number;
  /** The request's request_id, once it has been read and is a UUID. */
  requestId: string | undefined;
  /** The trace that the call is part of, as 32 hexadecimal digits; undefined where nobody traces it. */
  traceId: string | undefined;
  /** Whether that trace is recorded, so that a link to it leads somewhere. */
  isTraceSampled: boolean;
  /** What spans of attempts hang from; for the tracing alone. */
  traceContext: object | undefined;
}

/** With less left until a call's deadline, in milliseconds, nothing is sent for it any more. */
export const usefulMs = 20;

/** The caller of a call before anybody looked who it is. Nobody is ever called so. */
export const unknownCaller = "unknown";

/** Progress of a call that has just begun. */
export function createProgress(caller: string = unknownCaller): Progress {
  return {
    caller,
    deadlineAtMs: Number.POSITIVE_INFINITY,
    isOutcomeOpen: false,
    isAnswerLost: false,
    isRepeatable: false,
    isAbandoned: false,
    attempts: 0,
    attemptedAtMs: 0,
    requestId: undefined,
    traceId: undefined,
    isTraceSampled: false,
    traceContext: undefined,
  };
}
