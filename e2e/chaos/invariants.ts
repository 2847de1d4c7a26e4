import { type CallRecord, type Operation, operations, unsafeOperations, wordOfEnd } from "./call-record.ts";
import { intentOf, type Journal } from "./journal.ts";
import type { Pace } from "./pace.ts";
import { firstSuccessAtMs } from "./recovery.ts";

/** What must not happen, whatever the upstream does. Each is counted in calls. */
export interface Violations {
  /** No answer came, or one that a library made up because it had lost the gateway. */
  readonly unanswered: number;
  /** The upstream started a request more than once that is not safe to repeat. */
  readonly duplicates: number;
  /** The caller was told that nothing had been sent, but the upstream had started it. */
  readonly falselyUnsent: number;
  /** `verified` was true, but the upstream had not said so. */
  readonly falselyVerified: number;
  /** A call failed that the fault had nothing to do with. */
  readonly notSpared: number;
  /** Any other answer that is not the upstream's: a success of what was never started, a wrong "not found", a bug. */
  readonly wrong: number;
}

/** What became of a scenario. */
export interface Verdict {
  readonly violations: Violations;
  /** All of the load, also those before the healthy phase. */
  readonly calls: number;
  /** Calls by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** Calls that failed before the fault: there has to be none. */
  readonly failedBefore: number;
  /** Calls during the fault that failed, or were slow: without any, there was no fault. */
  readonly hit: number;
  /** Answers after the deadline, in calls. What the caller stood still itself is taken off. */
  readonly late: number;
  readonly slowestMs: number;
  /** From the end of the fault until every operation has succeeded again; undefined where one has not. */
  readonly recoveryMs: number | undefined;
  /** Of the calls sent in the last third after the fault, the share that succeeded, in percent. */
  readonly okAtEndPercent: number;
  readonly memoryBeforeMib: number;
  readonly memoryAfterMib: number;
  /** Whether the gateway lives and is ready at the end. */
  readonly isReady: boolean;
  /** All that was not as it must be, in words; empty where all was. */
  readonly broken: readonly string[];
}

/** When what happened, in milliseconds of performance.now(). */
export interface Times {
  readonly healthyAtMs: number;
  readonly faultAtMs: number;
  readonly recoveryAtMs: number;
}

export interface Evidence {
  readonly records: readonly CallRecord[];
  readonly journal: Journal;
  readonly times: Times;
  readonly pace: Pace;
  readonly spared: readonly Operation[];
  readonly isReady: boolean;
  readonly memoryBeforeBytes: number;
  readonly memoryAfterBytes: number;
}

/** A call of the healthy phase takes less by far, in milliseconds. */
const slowMs = 250;

/** Compares what callers were told with what the upstream noted. */
export function judge(evidence: Evidence): Verdict {
  const { records, journal, times, pace, spared, isReady } = evidence;
  const count = (holds: (record: CallRecord) => boolean) => records.filter(holds).length;
  const lastSentAtMs = Math.max(...records.map(({ sentAtMs }) => sentAtMs));
  const lastThirdAtMs = lastSentAtMs - (lastSentAtMs - times.recoveryAtMs) / 3;
  const last = records.filter(({ sentAtMs }) => sentAtMs >= lastThirdAtMs);
  const verdict = {
    violations: {
      unanswered: count(isUnanswered),
      duplicates: count((record) => unsafeOperations.has(record.operation) && startsOf(journal, record) > 1),
      falselyUnsent: count((record) => isSaidUnsent(record) && startsOf(journal, record) > 0),
      falselyVerified: count((record) => isVerified(record) && journal.said.get(record.key) !== true),
      notSpared: count(
        ({ operation, sentAtMs, end }) =>
          spared.includes(operation) && sentAtMs >= times.healthyAtMs && end.kind !== "ok",
      ),
      wrong: count((record) => isWrong(record, journal)),
    },
    calls: records.length,
    ends: endsOf(records),
    failedBefore: count(
      ({ sentAtMs, endedAtMs, end }) =>
        sentAtMs >= times.healthyAtMs && endedAtMs < times.faultAtMs && end.kind !== "ok",
    ),
    hit: count(
      ({ sentAtMs, endedAtMs, end }) =>
        endedAtMs >= times.faultAtMs &&
        sentAtMs < times.recoveryAtMs &&
        (end.kind !== "ok" || endedAtMs - sentAtMs > slowMs),
    ),
    late: count(({ sentAtMs, endedAtMs, stalledMs }) => endedAtMs - sentAtMs - stalledMs > pace.deadlineMs),
    slowestMs: Math.round(Math.max(...records.map(({ sentAtMs, endedAtMs }) => endedAtMs - sentAtMs))),
    recoveryMs: recoveryMs(records, times.recoveryAtMs),
    okAtEndPercent: floor1((last.filter(({ end }) => end.kind === "ok").length / last.length) * 100),
    memoryBeforeMib: Math.round(evidence.memoryBeforeBytes / 2 ** 20),
    memoryAfterMib: Math.round(evidence.memoryAfterBytes / 2 ** 20),
    isReady,
  };
  return { ...verdict, broken: brokenBy(verdict, pace) };
}

function isUnanswered({ end }: CallRecord): boolean {
  return end.kind === "unanswered" || (end.kind === "error" && end.reason === undefined);
}

function startsOf({ started }: Journal, { operation, key }: CallRecord): number {
  return started.get(intentOf(operation, key)) ?? 0;
}

/** Errors of what was started: of all others, callers may take it that nothing was. */
const reasonsOfStarted: ReadonlySet<string> = new Set([
  "OUTCOME_UNKNOWN",
  "UPSTREAM_BAD_RESPONSE",
  // Wrong here, and counted as that.
  "USER_EXISTS",
  "USER_NOT_FOUND",
  "GATEWAY_BUG",
]);

function isSaidUnsent({ operation, end }: CallRecord): boolean {
  if (!unsafeOperations.has(operation) || end.kind !== "error" || end.reason === undefined) {
    return false;
  }
  return end.code === "UNAVAILABLE" || end.code === "CANCELED" || !reasonsOfStarted.has(end.reason);
}

function isVerified({ end }: CallRecord): boolean {
  return end.kind === "ok" && end.verified === true;
}

/** Users are never missing or there before, and requests are never invalid: whoever says so is wrong. */
const impossibleCodes: ReadonlySet<string> = new Set(["NOT_FOUND", "ALREADY_EXISTS", "INVALID_ARGUMENT", "CANCELED"]);

function isWrong(record: CallRecord, journal: Journal): boolean {
  const { operation, key, end } = record;
  if (end.kind === "error") {
    return end.reason === "GATEWAY_BUG" || (end.reason !== undefined && impossibleCodes.has(end.code));
  }
  if (end.kind === "unanswered") {
    return false;
  }
  const isOfOther = end.userId !== undefined && end.userId !== key;
  const isNotCreated = operation === "CreateUser" && !journal.created.has(key);
  const isNotSaid = end.verified === false && journal.said.get(key) !== false;
  return startsOf(journal, record) === 0 || isOfOther || isNotCreated || isNotSaid;
}

function endsOf(records: readonly CallRecord[]): Record<string, number> {
  const ends: Record<string, number> = {};
  for (const { end } of records) {
    const word = wordOfEnd(end);
    ends[word] = (ends[word] ?? 0) + 1;
  }
  return ends;
}

function recoveryMs(records: readonly CallRecord[], recoveryAtMs: number): number | undefined {
  const first = operations.map((operation) => firstSuccessAtMs(records, operation, recoveryAtMs));
  return first.includes(undefined) ? undefined : Math.round(Math.max(...first.map(Number)) - recoveryAtMs);
}

function brokenBy(verdict: Omit<Verdict, "broken">, { isJudgedByTime, recoveryMsMax }: Pace): string[] {
  const { violations } = verdict;
  const rules: readonly (readonly [isBroken: boolean, text: string])[] = [
    [violations.unanswered > 0, `${violations.unanswered} calls were not answered`],
    [violations.duplicates > 0, `${violations.duplicates} unsafe requests were started more than once`],
    [violations.falselyUnsent > 0, `${violations.falselyUnsent} calls were said to be unsent, but were started`],
    [violations.falselyVerified > 0, `${violations.falselyVerified} PINs were verified that upstream had not`],
    [violations.notSpared > 0, `${violations.notSpared} calls failed that the fault had nothing to do with`],
    [violations.wrong > 0, `${violations.wrong} answers were wrong`],
    [verdict.failedBefore > 0, `${verdict.failedBefore} calls failed before there was a fault`],
    [verdict.hit === 0, "the fault was not felt"],
    [verdict.recoveryMs === undefined, "an operation never succeeded again"],
    [!verdict.isReady, "the gateway is not ready"],
    [isJudgedByTime && verdict.late > 0, `${verdict.late} answers came after the deadline`],
    [isJudgedByTime && Number(verdict.recoveryMs) > recoveryMsMax, `recovery took longer than ${recoveryMsMax} ms`],
    [isJudgedByTime && verdict.okAtEndPercent < 100, `only ${verdict.okAtEndPercent} % succeeded at the end`],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, text]) => text);
}

function floor1(value: number): number {
  return Math.floor(value * 10) / 10;
}
