import { type CallKind, type CallRecord, kinds, unsafeOperations, wordOfEnd } from "./call-record.ts";
import { intentOf, type Journal } from "./journal.ts";
import type { Pace } from "./pace.ts";
import { firstSuccessAtMs } from "./recovery.ts";

/** What must not happen, whatever the upstream does. Each is counted in calls, the second in intents. */
export interface Violations {
  /** No answer came, or one that a library made up because it had lost the gateway. */
  readonly unanswered: number;
  /** The upstream started a request more than once that is not safe to repeat, however often it was asked for. */
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
  /** Those of them that asked again for what had been asked for, under the same request_id. */
  readonly repeats: number;
  /** Those that got what an earlier call had been answered, and say so. */
  readonly replayed: number;
  /** Calls by how they ended. */
  readonly ends: Readonly<Record<string, number>>;
  /** Calls that failed before the fault: there has to be none. */
  readonly failedBefore: number;
  /** Calls during the fault that failed, or were slow: without any, there was no fault. */
  readonly hit: number;
  /** Answers after the deadline, in calls. What the caller stood still itself is taken off. */
  readonly late: number;
  readonly slowestMs: number;
  /** From the end of the fault until every kind of call has succeeded again; undefined where one has not. */
  readonly recoveryMs: number | undefined;
  /** Of the intents of the last third after the fault, the share that succeeded at once, in percent. */
  readonly okAtEndPercent: number;
  readonly memoryBeforeMib: number;
  readonly memoryAfterMib: number;
  /** Whether the gateways live and are ready at the end. */
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
  readonly isSpared: (kind: CallKind) => boolean;
  readonly isReady: boolean;
  readonly memoryBeforeBytes: number;
  readonly memoryAfterBytes: number;
}

/** A call of the healthy phase takes less by far, in milliseconds. */
const slowMs = 250;

/** Compares what callers were told with what the upstream noted. */
export function judge(evidence: Evidence): Verdict {
  const { records, journal, times, pace, isSpared, isReady } = evidence;
  const count = (holds: (record: CallRecord) => boolean) => records.filter(holds).length;
  const lastSentAtMs = Math.max(...records.map(({ sentAtMs }) => sentAtMs));
  const lastThirdAtMs = lastSentAtMs - (lastSentAtMs - times.recoveryAtMs) / 3;
  const last = records.filter(({ sentAtMs, repeat }) => sentAtMs >= lastThirdAtMs && repeat === 0);
  const unsafe = callsByIntent(records.filter(({ operation }) => unsafeOperations.has(operation)));
  const verdict = {
    violations: {
      unanswered: count(isUnanswered),
      duplicates: unsafe.filter(([call]) => startsOf(journal, call).length > 1).length,
      falselyUnsent: unsafe.flatMap((calls) => unexplainedStarts(journal, calls)).length,
      falselyVerified: count((record) => isVerified(record) && journal.said.get(record.key) !== true),
      notSpared: count(
        (record) => isSpared(record) && record.sentAtMs >= times.healthyAtMs && record.end.kind !== "ok",
      ),
      wrong: count((record) => isWrong(record, journal)),
    },
    calls: records.length,
    repeats: records.length - callsByIntent(records).length,
    replayed: count(({ end }) => end.kind === "ok" && end.isReplayed === true),
    ends: endsOf(records),
    failedBefore: count(
      ({ sentAtMs, endedAtMs, end }) =>
        sentAtMs >= times.healthyAtMs &&
        endedAtMs < times.faultAtMs &&
        end.kind !== "ok" &&
        (pace.isJudgedByTime || !isStoreLate(end)),
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

/** The store has 100 ms for its answer, which is not enough on a machine that is busy with other things. */
function isStoreLate(end: CallRecord["end"]): boolean {
  return end.kind === "error" && end.reason === "STORE_UNAVAILABLE";
}

function isUnanswered({ end }: CallRecord): boolean {
  return end.kind === "unanswered" || (end.kind === "error" && end.reason === undefined);
}

/** The calls of each intent. */
function callsByIntent(records: readonly CallRecord[]): [CallRecord, ...CallRecord[]][] {
  const intents = new Map<string, [CallRecord, ...CallRecord[]]>();
  for (const record of records) {
    const intent = intentOf(record.operation, record.key);
    const calls = intents.get(intent);
    if (calls === undefined) {
      intents.set(intent, [record]);
    } else {
      calls.push(record);
    }
  }
  return [...intents.values()];
}

function startsOf({ started }: Journal, { operation, key }: Pick<CallRecord, "operation" | "key">): readonly number[] {
  return started.get(intentOf(operation, key)) ?? [];
}

/** How far two processes' clocks may be apart, in milliseconds. */
const toleranceMs = 20;

/** When the upstream started what all calls so far said had not been sent. */
function unexplainedStarts(journal: Journal, calls: readonly [CallRecord, ...CallRecord[]]): readonly number[] {
  return startsOf(journal, calls[0]).filter(
    (atMs) => !calls.some((call) => call.sentAtMs <= atMs + toleranceMs && !isSaidUnsent(call)),
  );
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

function isSaidUnsent({ end }: CallRecord): boolean {
  if (end.kind !== "error" || end.reason === undefined) {
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
  return startsOf(journal, record).length === 0 || isOfOther || isNotCreated || isNotSaid;
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
  const first = kinds.map((kind) => firstSuccessAtMs(records, kind, recoveryAtMs));
  return first.includes(undefined) ? undefined : Math.round(Math.max(...first.map(Number)) - recoveryAtMs);
}

function brokenBy(verdict: Omit<Verdict, "broken">, { isJudgedByTime, recoveryMsMax }: Pace): string[] {
  const { violations } = verdict;
  const rules: readonly (readonly [isBroken: boolean, text: string])[] = [
    [violations.unanswered > 0, `${violations.unanswered} calls were not answered`],
    [violations.duplicates > 0, `${violations.duplicates} unsafe requests were started more than once`],
    [verdict.repeats === 0 || verdict.replayed === 0, "nothing was repeated, or nothing replayed"],
    [violations.falselyUnsent > 0, `${violations.falselyUnsent} calls were said to be unsent, but were started`],
    [violations.falselyVerified > 0, `${violations.falselyVerified} PINs were verified that upstream had not`],
    [violations.notSpared > 0, `${violations.notSpared} calls failed that the fault had nothing to do with`],
    [violations.wrong > 0, `${violations.wrong} answers were wrong`],
    [verdict.failedBefore > 0, `${verdict.failedBefore} calls failed before there was a fault`],
    [verdict.hit === 0, "the fault was not felt"],
    [verdict.recoveryMs === undefined, "a kind of call never succeeded again"],
    [!verdict.isReady, "a gateway is not ready"],
    [isJudgedByTime && verdict.late > 0, `${verdict.late} answers came after the deadline`],
    [isJudgedByTime && Number(verdict.recoveryMs) > recoveryMsMax, `recovery took longer than ${recoveryMsMax} ms`],
    [isJudgedByTime && verdict.okAtEndPercent < 100, `only ${verdict.okAtEndPercent} % succeeded at the end`],
  ];
  return rules.filter(([isBroken]) => isBroken).map(([, text]) => text);
}

function floor1(value: number): number {
  return Math.floor(value * 10) / 10;
}
