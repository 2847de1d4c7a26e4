/** What came back of one call. */
export interface Answer {
  /** `0` where it succeeded; else the number of the gRPC status, or of the HTTP status. */
  readonly code: string;
  /** The message, without a frame. */
  readonly body: Uint8Array;
}

/**
 * A client as cheap as Node allows, for load whose bodies differ or whose times
 * are given, which h2load and wrk can't send. Rejects where there was no answer
 * at all. Any number of calls may be in flight.
 */
export interface Caller {
  call(path: string, body: Uint8Array): Promise<Answer>;
  close(): void;
}

export const okCode = "0";

/** A call that was answered with an error where that is not what was expected. */
export class CallFailed extends Error {
  readonly code: string;

  constructor({ code, body }: Answer) {
    super(`a call was answered with ${code}: ${Buffer.from(body).toString("utf8")}`);
    this.code = code;
  }
}

/** The message of a call that succeeded. Throws a CallFailed where it did not. */
export function bodyOf(answer: Answer): Uint8Array {
  if (answer.code !== okCode) {
    throw new CallFailed(answer);
  }
  return answer.body;
}
