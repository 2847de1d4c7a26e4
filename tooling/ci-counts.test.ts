import { expect, it } from "vitest";
import { closingLine, countsFromCheck, countsFromVitest, isGreen } from "./ci-counts.ts";

const vitestReport = (values: object) =>
  JSON.stringify({ numPassedTests: 5, numFailedTests: 0, testResults: [], ...values });
const green = { passed: 1, failed: 0, skipped: 0 };

it("passed, failed, skipped and planned tests are counted", () => {
  const report = vitestReport({ numFailedTests: 2, numPendingTests: 3, numTodoTests: 1 });
  expect(countsFromVitest({ report, exitCode: 1 })).toEqual({ passed: 5, failed: 2, skipped: 4 });
});

it("a test file that can't be loaded is a failure", () => {
  const broken = { status: "failed", assertionResults: [] };
  const report = vitestReport({ numFailedTests: 1, testResults: [broken] });
  expect(countsFromVitest({ report, exitCode: 1 }).failed).toBe(2);
});

it("a run that failed in no test is a failure", () => {
  expect(countsFromVitest({ report: vitestReport({}), exitCode: 1 })).toEqual({ passed: 5, failed: 1, skipped: 0 });
});

it("a run without a report is a failure", () => {
  expect(countsFromVitest({ report: undefined, exitCode: 1 })).toEqual({ passed: 0, failed: 1, skipped: 0 });
  expect(countsFromCheck({ report: undefined, exitCode: 1 })).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

it("each step of the check counts", () => {
  const report = JSON.stringify({ passed: 9, failed: 2, skipped: 1 });
  expect(countsFromCheck({ report, exitCode: 1 })).toEqual({ passed: 9, failed: 2, skipped: 1 });
});

it("the closing line sums up tests and checks", () => {
  expect(closingLine([{ passed: 5, failed: 2, skipped: 4 }, green])).toBe("6 passed, 2 failed, 4 skipped");
});

it.each([
  { what: "a failure", counts: { passed: 1, failed: 1, skipped: 0 } },
  { what: "a skip", counts: { passed: 1, failed: 0, skipped: 1 } },
  { what: "nothing that ran", counts: { passed: 0, failed: 0, skipped: 0 } },
])("$what is not green", ({ counts }) => {
  expect(isGreen([green, counts])).toBe(false);
});

it("tests and checks that all passed are green", () => {
  expect(isGreen([green, green])).toBe(true);
});
