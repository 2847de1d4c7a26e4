import { describe, expect, test } from "vitest";
import { openssl, testWith } from "../src/real-or-skip.ts";
import { judge } from "./invariants.ts";
import { shortPace } from "./pace.ts";
import { runScenario } from "./run-scenario.ts";
import { type Scenario, scenarios } from "./scenarios.ts";

const testWithCertificates = testWith(openssl);

function testOf({ link }: Scenario) {
  return link === "https" || link === "proxy" ? testWithCertificates : test;
}

describe("whatever the upstream does, callers get an honest answer and nothing is sent twice", () => {
  for (const scenario of scenarios) {
    testOf(scenario)(scenario.title, { timeout: 90_000 }, async () => {
      const verdict = await runScenario(scenario, shortPace);
      expect(verdict.broken, JSON.stringify(verdict.ends)).toEqual([]);
    });
  }
});

describe("the run sees what it is there to see", () => {
  const call = { operation: "VerifyPin", key: "k", sentAtMs: 10, endedAtMs: 20, stalledMs: 0 } as const;
  const unavailable = { kind: "error", code: "UNAVAILABLE", reason: "OVERLOADED" } as const;
  const verdictOf = (end: Parameters<typeof judge>[0]["records"][number]["end"], starts: number, said?: boolean) =>
    judge({
      records: [{ ...call, end }],
      journal: {
        started: new Map([["VerifyPin k", starts]]),
        said: new Map(said === undefined ? [] : [["k", said]]),
        created: new Map(),
        deleted: new Set(),
      },
      times: { healthyAtMs: 0, faultAtMs: 0, recoveryAtMs: 30 },
      pace: shortPace,
      spared: [],
      isReady: true,
      memoryBeforeBytes: 0,
      memoryAfterBytes: 0,
    }).violations;

  test("a guess that upstream started twice", () => {
    expect(verdictOf({ kind: "ok", verified: true }, 2, true)).toMatchObject({ duplicates: 1, falselyVerified: 0 });
  });
  test("UNAVAILABLE for a guess that upstream had started", () => {
    expect(verdictOf(unavailable, 1).falselyUnsent).toBe(1);
    expect(verdictOf(unavailable, 0).falselyUnsent).toBe(0);
  });
  test("a login that upstream had not allowed", () => {
    expect(verdictOf({ kind: "ok", verified: true }, 1, false).falselyVerified).toBe(1);
    expect(verdictOf({ kind: "ok", verified: true }, 1).falselyVerified).toBe(1);
  });
  test("an answer that a library made up", () => {
    expect(verdictOf({ kind: "error", code: "UNAVAILABLE", reason: undefined }, 0).unanswered).toBe(1);
    expect(verdictOf({ kind: "unanswered" }, 1).unanswered).toBe(1);
  });
  test("a success of what was never started", () => {
    expect(verdictOf({ kind: "ok", verified: false }, 0, false).wrong).toBe(1);
  });
});
