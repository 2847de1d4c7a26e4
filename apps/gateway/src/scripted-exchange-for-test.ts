import { type Answer, type Attempt, type Clock, Fault, type FaultKind, usefulMs } from "@verigate/call";
import type { UndiciExchange } from "@verigate/verigator";

/** For tests: an upstream whose connections come about, and whose answers come, when the test says. */
export interface ScriptedExchange extends UndiciExchange {
  /** Attempts that have neither an answer nor a fault, oldest first. */
  readonly open: readonly OpenAttempt[];
  /** Whether attempts are sent as soon as they come; else they wait until {@link OpenAttempt.connect}. */
  isConnected: boolean;
}

export interface OpenAttempt {
  readonly attempt: Attempt;
  readonly isSent: boolean;
  /** Sends it, or finds that there is no connection. Does nothing where it has been sent. */
  connect(isPossible: boolean): void;
  /** Ends it, where it has been sent. */
  answer(status: number, body?: unknown, headers?: Answer["headers"]): void;
  /** Breaks its connection, where it has been sent. */
  lose(): void;
}

export interface ScriptedExchangeOptions {
  readonly clock: Clock;
  /** Told of each request as its first byte goes out. */
  readonly onSent: (open: OpenAttempt) => void;
}

/** Keeps the rules of an Exchange: what it does to `progress`, and which fault says what. */
export function createScriptedExchange({ clock, onSent }: ScriptedExchangeOptions): ScriptedExchange {
  const open: OpenAttempt[] = [];
  const scripted: ScriptedExchange = {
    open,
    isConnected: true,
    exchange: (attempt) =>
      new Promise((resolve, reject) => {
        const { progress, retry, signal } = attempt;
        let isSent = false;

        function end(settle: () => void): void {
          signal?.removeEventListener("abort", giveUp);
          open.splice(open.indexOf(entry), 1);
          settle();
        }
        const fail = (kind: FaultKind) => end(() => reject(new Fault(kind)));
        const isTooLate = () => progress.deadlineAtMs - clock.nowMs() < usefulMs;
        const failUnsent = () =>
          fail(progress.isAbandoned ? "cancelled" : isTooLate() ? "deadline-exceeded" : "upstream-unreachable");
        const failSent = () => fail(retry === "safe" ? "upstream-failed" : "outcome-unknown");
        const giveUp = () => (isSent ? failSent() : failUnsent());

        const entry: OpenAttempt = {
          attempt,
          get isSent() {
            return isSent;
          },
          connect(isPossible) {
            if (isSent) {
              return;
            }
            if (!isPossible || progress.isAbandoned || isTooLate()) {
              failUnsent();
              return;
            }
            isSent = true;
            progress.attempts += 1;
            progress.isOutcomeOpen ||= retry === "unsent-only";
            onSent(entry);
          },
          answer(status, body = "", headers = {}) {
            if (isSent) {
              const text = typeof body === "string" ? body : JSON.stringify(body);
              end(() => resolve({ status, headers, body: Buffer.from(text), answeredAtMs: clock.nowMs() }));
            }
          },
          lose() {
            if (isSent) {
              failSent();
            }
          },
        };
        open.push(entry);
        signal?.addEventListener("abort", giveUp);
        if (scripted.isConnected) {
          entry.connect(true);
        }
      }),
    trust() {},
    async close() {
      for (const each of [...open]) {
        each.connect(false);
        each.lose();
      }
    },
  };
  return scripted;
}
