import type { SecureContextOptions } from "node:tls";
import { type Answer, type Attempt, type Clock, type Exchange, Fault, type FaultKind, usefulMs } from "@verigate/call";
import { type Dispatcher, EnvHttpProxyAgent, Pool } from "undici";
import { badAnswer } from "./decode.ts";

export interface UndiciExchangeOptions {
  readonly clock: Clock;
  /** Scheme, host and port, and a path that all requests start with; no credentials. */
  readonly origin: URL;
  /** The most connections, and so the most requests in flight; more wait their turn, unsent. */
  readonly connections: number;
  /** How long to wait for a connection, TLS included, in milliseconds. */
  readonly connectTimeoutMs: number;
  /** Certificates to trust instead of the system's. */
  readonly ca?: SecureContextOptions["ca"];
  /** An HTTP proxy that https goes through, by a tunnel (CONNECT), so that it sees no request. */
  readonly proxy?: EgressProxy;
}

export interface EgressProxy {
  /** URL of the proxy; may hold its credentials. */
  readonly url: string;
  /** Hosts that are reached without it, as in the variable NO_PROXY. */
  readonly exceptions: string;
}

export interface UndiciExchange {
  readonly exchange: Exchange;
  /** From now on, connections are made with these certificates to trust; older ones end with the requests on them. */
  trust(ca: NonNullable<UndiciExchangeOptions["ca"]>): void;
  /** Ends all connections; what is in flight fails as if the upstream had closed them. */
  close(): Promise<void>;
}

/**
 * Sends attempts over HTTP/1.1.
 *
 * Whether a request was "sent" is told by undici's onRequestStart, which fires
 * on a live connection before the first byte; no error code tells it. Resent by
 * undici is nothing: no HTTP/2 (it repeats refused streams), no pipelining, and
 * redirects are answers like any other.
 */
export function createUndiciExchange(options: UndiciExchangeOptions): UndiciExchange {
  const { origin } = options.origin;
  const basePath = options.origin.pathname.replace(/\/$/, "");
  let dispatcher = dispatcherFor(options);
  const open = new Set([dispatcher]);
  return {
    exchange: (attempt) =>
      new Promise((resolve, reject) => {
        dispatcher.dispatch(
          {
            origin,
            path: basePath + attempt.path,
            method: attempt.method,
            headers: attempt.headers,
            body: attempt.body ?? null,
          },
          new AttemptHandler(attempt, options.clock, resolve, reject),
        );
      }),
    trust(ca) {
      const last = dispatcher;
      dispatcher = dispatcherFor({ ...options, ca });
      open.add(dispatcher);
      const forget = () => open.delete(last);
      last.close().then(forget, forget);
    },
    async close() {
      await Promise.all([...open].map((each) => each.destroy()));
    },
  };
}

function dispatcherFor(options: UndiciExchangeOptions): Dispatcher {
  const { origin } = options.origin;
  const trust = options.ca === undefined ? {} : { ca: options.ca };
  const limits = {
    connections: options.connections,
    pipelining: 1,
    allowH2: false,
    // Connections end within 5 minutes, so that a change of DNS is followed.
    clientTtl: 5 * 60_000,
    // The attempt time-out bounds the whole exchange; these would only bound parts of it.
    headersTimeout: 0,
    bodyTimeout: 0,
    connect: { timeout: options.connectTimeoutMs, ...trust },
  };
  return options.proxy === undefined
    ? new Pool(origin, limits)
    : new EnvHttpProxyAgent({
        ...limits,
        connectTimeout: options.connectTimeoutMs,
        // A proxy that takes a CONNECT and says nothing would hold a connection for minutes.
        clientFactory: (proxy, own) => new Pool(proxy, { ...own, headersTimeout: options.connectTimeoutMs }),
        requestTls: trust,
        httpProxy: "",
        httpsProxy: options.proxy.url,
        noProxy: options.proxy.exceptions,
      });
}

/** So many pieces of a body, and they are put together. A list of 64 MiB comes in some 1,000. */
const chunksMax = 4_096;

/** Collects one answer, or finds out why there is none. */
class AttemptHandler implements Dispatcher.DispatchHandler {
  readonly #attempt: Attempt;
  readonly #clock: Clock;
  readonly #resolve: (answer: Answer) => void;
  readonly #reject: (fault: Fault) => void;
  #controller: Dispatcher.DispatchController | undefined;
  #isSettled = false;
  #status = 0;
  #answeredAtMs = 0;
  #headers: Answer["headers"] = {};
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(attempt: Attempt, clock: Clock, resolve: (answer: Answer) => void, reject: (fault: Fault) => void) {
    this.#attempt = attempt;
    this.#clock = clock;
    this.#resolve = resolve;
    this.#reject = reject;
    attempt.signal?.addEventListener("abort", this.#giveUp, { once: true });
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
    const [first] = this.#chunks;
    const body = this.#chunks.length === 1 && first !== undefined ? first : Buffer.concat(this.#chunks);
    if (this.#settle()) {
      this.#resolve({ status: this.#status, headers: this.#headers, body, answeredAtMs: this.#answeredAtMs });
    }
  }

  onResponseError(_: Dispatcher.DispatchController | undefined, error: Error): void {
    if (this.#settle()) {
      this.#reject(this.#faultWithoutAnswer(error));
    }
  }

  readonly #giveUp = (): void => {
    this.onResponseError(undefined, new Error("the attempt's time-out passed"));
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
