import type { SecurityDecision } from "./security-decision.ts";

/**
 * Takes security decisions, one JSON line each, in the order in which they come.
 * It never throws and never waits: what can't be written is counted as lost.
 */
export interface AuditLog {
  record(decision: SecurityDecision): void;
  /** Writes what it has, for at most `limit`, and lets go of the destination. */
  close(limit: Promise<void>): Promise<void>;
}

export interface AuditLogOptions {
  /** Appends text to where the log is kept. Called again after it has ended, never before; after it fails, with the same text. */
  readonly append: (text: string) => Promise<void>;
  readonly closeDestination: () => Promise<void>;
  /** Milliseconds since 1970. */
  readonly wallMs: () => number;
  /** Fulfils when a write that failed may be tried again. */
  readonly untilRetry: () => Promise<void>;
  /** Told once for each time that writing begins to fail. */
  readonly onFailure: (error: unknown) => void;
  /** Told how many decisions are lost, whenever there are more. */
  readonly onLost: (count: number) => void;
}

interface Waiting {
  readonly line: string;
  /** How many decisions are lost with it: of a line about lost ones, which have been counted, none. */
  readonly decisions: 0 | 1;
}

/** Some megabytes: a disk that stands still for seconds loses nothing. */
const waitingMax = 10_000;
const batchMax = 1_000;

/**
 * Keeps what comes in faster than it is written, up to a bound. After a loss, a
 * line `{"lost": n}` stands where the lost ones would be.
 */
export function createAuditLog(options: AuditLogOptions): AuditLog {
  let waiting: Waiting[] = [];
  let lost = 0;
  let isFailing = false;
  let isClosed = false;
  let writing: Promise<void> | undefined;

  function lineOf(fields: SecurityDecision | { readonly lost: number }): string {
    return `${JSON.stringify({ time: new Date(options.wallMs()).toISOString(), type: "audit", ...fields })}\n`;
  }

  function lose(count: number): void {
    lost += count;
    options.onLost(count);
  }

  async function writeAll(): Promise<void> {
    while (waiting.length > 0 && !isClosed) {
      if (lost > 0) {
        waiting.push({ line: lineOf({ lost }), decisions: 0 });
        lost = 0;
      }
      const batch = waiting.slice(0, batchMax);
      try {
        await options.append(batch.map(({ line }) => line).join(""));
        waiting = waiting.slice(batch.length);
        isFailing = false;
      } catch (error) {
        if (!isFailing) {
          options.onFailure(error);
        }
        isFailing = true;
        await options.untilRetry();
      }
    }
    writing = undefined;
  }

  return {
    record(decision) {
      if (isClosed || waiting.length >= waitingMax) {
        lose(1);
        return;
      }
      waiting.push({ line: lineOf(decision), decisions: 1 });
      writing ??= writeAll();
    },
    async close(limit) {
      await Promise.race([writing, limit]);
      isClosed = true;
      const unwritten = waiting.reduce((total, { decisions }) => total + decisions, 0);
      if (unwritten > 0) {
        lose(unwritten);
      }
      await Promise.race([options.closeDestination(), limit]);
    },
  };
}
