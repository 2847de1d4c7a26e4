import { type Answer, type Attempt, Fault, type FaultKind } from "@verigate/call";
import { attemptOf, createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { createAttemptReport } from "./attempt-report.ts";

/** What is counted of an attempt that takes 250 ms. */
async function countedOf(end: number | FaultKind, given: Partial<Attempt> = {}): Promise<string[]> {
  const clock = createTestClock();
  const counted: string[] = [];
  const { layer } = createAttemptReport({
    clock,
    metrics: {
      attemptEnded: (operation, outcome) => counted.push(`${operation} ${outcome}`),
      attemptTook: (operation, ms) => counted.push(`${operation} took ${ms} ms`),
    },
  });
  const exchange = layer(async (): Promise<Answer> => {
    clock.advance(250);
    if (typeof end === "string") {
      throw new Fault(end);
    }
    return { status: end, headers: {}, body: Buffer.alloc(0), answeredAtMs: 0 };
  });
  const outcome = await exchange(attemptOf(given)).then(
    ({ status }) => status,
    (error) => error.kind,
  );
  expect(outcome).toBe(end);
  return counted;
}

it.each([
  [301, "bad_response"],
  [400, "rejected"],
  [401, "unauthorized"],
  [403, "forbidden"],
  [409, "conflict"],
  [418, "rejected"],
  [422, "rejected"],
  [429, "rate_limited"],
  [500, "server_error"],
  [599, "server_error"],
])("an answer of %i is counted as %s, and timed", async (status, outcome) => {
  expect(await countedOf(status)).toEqual(["GetUser took 250 ms", `GetUser ${outcome}`]);
});

it.each([200, 201, 204, 404])("of an answer of %i only its reader tells what it is", async (status) => {
  expect(await countedOf(status)).toEqual(["GetUser took 250 ms"]);
});

it.each([
  [200, true, ["GetUser ok"]],
  [204, true, ["GetUser ok"]],
  [200, false, ["GetUser bad_response"]],
  [404, true, ["GetUser not_found"]],
  [404, false, ["GetUser bad_response"]],
  // Counted before, by their status.
  [429, true, []],
  [301, false, []],
])("a reader's word on an answer of %i, understood: %s, counts %j", (status, isUnderstood, outcomes) => {
  const counted: string[] = [];
  const { onRead } = createAttemptReport({
    clock: createTestClock(),
    metrics: { attemptEnded: (operation, outcome) => counted.push(`${operation} ${outcome}`), attemptTook: () => {} },
  });
  onRead({ operation: "GetUser", status, isUnderstood });
  expect(counted).toEqual(outcomes);
});

it.each([
  ["upstream-failed", "lost"],
  ["outcome-unknown", "lost"],
  ["upstream-bad-response", "bad_response"],
] as const)("an attempt that ends as %s was sent: it is counted as %s, and timed", async (kind, outcome) => {
  expect(await countedOf(kind)).toEqual([`GetUser ${outcome}`, "GetUser took 250 ms"]);
});

it.each(["upstream-failed", "outcome-unknown"] as const)("%s after our own time-out is one", async (kind) => {
  expect(await countedOf(kind, { signal: AbortSignal.abort() })).toEqual(["GetUser timeout", "GetUser took 250 ms"]);
});

it("an attempt that never left is counted, and not timed", async () => {
  expect(await countedOf("upstream-unreachable", { signal: AbortSignal.abort() })).toEqual(["GetUser unreachable"]);
});

it.each(["cancelled", "deadline-exceeded"] as const)("what was given up as %s before it left is none", async (kind) => {
  expect(await countedOf(kind)).toEqual([]);
});
