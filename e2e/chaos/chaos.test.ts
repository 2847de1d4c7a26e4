import { describe, expect, test } from "vitest";
import { testWith } from "../src/real-or-skip.ts";
import { judge } from "./invariants.ts";
import { shortPace } from "./pace.ts";
import { runScenario } from "./run-scenario.ts";
import { needsOf, scenarios } from "./scenarios.ts";

describe("whatever the upstream does, callers get an honest answer and nothing is sent twice", () => {
  for (const scenario of scenarios) {
    testWith(...needsOf(scenario))(scenario.title, { timeout: 90_000 }, async () => {
      const verdict = await runScenario(scenario, shortPace);
      expect(verdict.broken, JSON.stringify(verdict.ends)).toEqual([]);
    });
  }
});

describe("the run sees what it is there to see", () => {
  const intent = { operation: "VerifyPin", isProtected: true, key: "k", stalledMs: 0 } as const;
  const call = { ...intent, repeat: 0, sentAtMs: 1_000, endedAtMs: 1_010 } as const;
  const again = { ...intent, repeat: 1, sentAtMs: 2_000, endedAtMs: 2_010 } as const;
  const unavailable = { kind: "error", code: "UNAVAILABLE", reason: "OVERLOADED" } as const;
  type Records = Parameters<typeof judge>[0]["records"];
  /** `startsAtMs`: when the upstream started the guess. */
  const violationsOf = (records: Records, startsAtMs: readonly number[], said?: boolean) =>
    judge({
      records,
      journal: {
        started: new Map([["VerifyPin k", startsAtMs]]),
        said: new Map(said === undefined ? [] : [["k", said]]),
        created: new Map(),
        deleted: new Set(),
      },
      times: { healthyAtMs: 0, faultAtMs: 0, recoveryAtMs: 30 },
      pace: shortPace,
      isSpared: () => false,
      isReady: true,
      memoryBeforeBytes: 0,
      memoryAfterBytes: 0,
    }).violations;

  const violationsOfCall = (end: Records[number]["end"], starts: number, said?: boolean) =>
    violationsOf([{ ...call, end }], Array(starts).fill(1_005), said);

  test("a guess that upstream started twice", () => {
    expect(violationsOfCall({ kind: "ok", verified: true }, 2, true)).toMatchObject({
      duplicates: 1,
      falselyVerified: 0,
    });
  });
  test("a guess that upstream started for a repeat again", () => {
    const lost = { kind: "error", code: "UNKNOWN", reason: "OUTCOME_UNKNOWN" } as const;
    const verified = { kind: "ok", verified: true } as const;
    const records = [
      { ...call, end: lost },
      { ...again, end: verified },
    ];
    expect(violationsOf(records, [1_005, 2_005], true).duplicates).toBe(1);
    expect(violationsOf(records, [1_005], true).duplicates).toBe(0);
  });
  test("UNAVAILABLE for a guess that upstream had started", () => {
    expect(violationsOfCall(unavailable, 1).falselyUnsent).toBe(1);
    expect(violationsOfCall(unavailable, 0).falselyUnsent).toBe(0);
  });
  test("the same where a repeat got the answer, but not where the repeat was the first to be sent", () => {
    const records = [
      { ...call, end: unavailable },
      { ...again, end: { kind: "ok", verified: true, isReplayed: true } as const },
    ];
    expect(violationsOf(records, [1_005], true).falselyUnsent).toBe(1);
    expect(violationsOf(records, [2_005], true).falselyUnsent).toBe(0);
  });
  test("a login that upstream had not allowed", () => {
    expect(violationsOfCall({ kind: "ok", verified: true }, 1, false).falselyVerified).toBe(1);
    expect(violationsOfCall({ kind: "ok", verified: true }, 1).falselyVerified).toBe(1);
  });
  test("an answer that a library made up", () => {
    expect(violationsOfCall({ kind: "error", code: "UNAVAILABLE", reason: undefined }, 0).unanswered).toBe(1);
    expect(violationsOfCall({ kind: "unanswered" }, 1).unanswered).toBe(1);
  });
  test("a success of what was never started", () => {
    expect(violationsOfCall({ kind: "ok", verified: false }, 0, false).wrong).toBe(1);
  });
});
