import type { Progress } from "./call.ts";

/**
 * Whether a request may be sent again when it is not known what became of it.
 * A property of the operation, never of the HTTP verb: checking a PIN is a PUT.
 */
export type RetryClass = "safe" | "unsent-only";

/** What an operation is about: trouble of one class must not starve or stop another. */
export type OperationClass = "authentication" | "directory" | "list";

/** One HTTP request to the upstream, ready to be sent. */
export interface Attempt {
  /** The operation's name, such as `VerifyPin`. */
  readonly operation: string;
  readonly operationClass: OperationClass;
  readonly retry: RetryClass;
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** Path with every part escaped. */
  readonly path: string;
  /** The path before its parts were filled in, such as `/users/{userId}`: it names nobody. */
  readonly pathTemplate: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON text, or undefined where there is no body. */
  readonly body: string | undefined;
  /** The most bytes an answer's body may have. */
  readonly answerBytesMax: number;
  /** Gives the attempt up when it aborts. */
  readonly signal?: AttemptSignal;
  readonly progress: Progress;
}

/** As much of an AbortSignal as an attempt needs: a whole one costs a call 1 % of its CPU. */
export interface AttemptSignal {
  readonly aborted: boolean;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** A complete HTTP answer. */
export interface Answer {
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
  /** When the headers came, by the clock's nowMs. */
  readonly answeredAtMs: number;
}

/**
 * Sends an attempt and returns the whole answer, whatever its status.
 *
 * Throws a Fault where there is none: `upstream-unreachable` where nothing was
 * sent, else `outcome-unknown` or, of a safe attempt, `upstream-failed`; and
 * `upstream-bad-response` for a body over the cap.
 */
export type Exchange = (attempt: Attempt) => Promise<Answer>;
