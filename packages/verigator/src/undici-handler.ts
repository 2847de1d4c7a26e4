import { type Answer, type Attempt, type Clock, Fault, type FaultKind, usefulMs } from "@verigate/call";
import type { Dispatcher } from "undici";
import { badAnswer } from "./decode.ts";
import type { Lane } from "./undici-lanes.ts";

/** So many pieces of a body, and they are put together. A list of 64 MiB comes in some 1,000. */
const chunksMax = 4_096;

export interface AttemptHandlerOptions {
  readonly attempt: Attempt;
  readonly clock: Clock;
  readonly lane: Lane;
  readonly resolve: (answer: Answer) => void;
  readonly reject: (fault: Fault) => void;
}

/** Collects one answer, or finds out why there is none. */
export class AttemptHandler implements Dispatcher.DispatchHandler {
  readonly #attempt: Attempt;
  readonly #clock: Clock;
  readonly #lane: Lane;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (fault: Fault) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #answeredAtMs = 0;
  #headers: Answer["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor({ attempt, clock, lane, resolve, reject }: AttemptHandlerOptions) {
    this.#attempt = attempt;
    this.#clock = clock;
    this.#lane = lane;
    this.#resolve = resolve;
    this.#reject = reject;
    attempt.signal?.addEventListener("abort", this.#giveUp);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    const { progress, retry } = this.#attempt;
    // The caller was told that nothing had been sent, so nothing may be. (Thrown: the connection stays.)
    if (this.#isSettled || progress.isAbandoned || this.#isTooLate()) {
      throw new Error("given up before it was sent");
    }
    this.#controller = controller;
    progress.attempts += 1;
    progress.isOutcomeOpen ||= retry === "unsent-only";
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Answer["headers"]): void {
    if (status < 200) {
      return;
    }
    this.#status = status;
    this.#answeredAtMs = this.#clock.nowMs();
    this.#headers = headers;
    this.#assertSize(Number(headers["content-length"] ?? 0));
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.byteLength;
    this.#assertSize(this.#bytes);
    this.#chunks.push(chunk);
    if (this.#chunks.length >= chunksMax) {
      // A chunk costs far more than its bytes where an upstream sends them one by one.
      this.#chunks = [Buffer.concat(this.#chunks)];
    }
  }

  onResponseEnd(): void {
    this.#lane.requests -= 1;
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    if (this.#settle()) {
      this.#resolve({ status: this.#status, headers: this.#headers, body, answeredAtMs: this.#answeredAtMs });
    }
  }

  /** undici calls either this or the one before, once. */
  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.#lane.requests -= 1;
    this.#fail(error);
  }

  #fail(error: Error): void {
    if (this.#settle()) {
      this.#reject(this.#faultWithoutAnswer(error));
    }
  }

  readonly #giveUp = (): void => {
    this.#fail(new Error("the attempt's time-out passed"));
    this.#controller?.abort(new Error("given up"));
  };

  #assertSize(bytes: number): void {
    if (bytes > this.#attempt.answerBytesMax && this.#settle()) {
      this.#reject(badAnswer(`is larger than ${this.#attempt.answerBytesMax} bytes`));
      this.#controller?.abort(new Error("answer too large"));
    }
  }

  #faultWithoutAnswer(cause: Error): Fault {
    if (this.#controller === undefined) {
      return new Fault(this.#kindOfUnsent(), { cause });
    }
    return new Fault(this.#attempt.retry === "safe" ? "upstream-failed" : "outcome-unknown", { cause });
  }

  #kindOfUnsent(): FaultKind {
    if (this.#attempt.progress.isAbandoned) {
      return "cancelled";
    }
    return this.#isTooLate() ? "deadline-exceeded" : "upstream-unreachable";
  }

  /** With less left until the deadline, sending only makes an unknown outcome. */
  #isTooLate(): boolean {
    return this.#attempt.progress.deadlineAtMs - this.#clock.nowMs() < usefulMs;
  }

  /** Whether this is the first time. */
  #settle(): boolean {
    if (this.#isSettled) {
      return false;
    }
    this.#isSettled = true;
    this.#attempt.signal?.removeEventListener("abort", this.#giveUp);
    return true;
  }
}
