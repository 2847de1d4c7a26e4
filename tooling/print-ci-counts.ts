/**
 * The closing line of .ci/run, and its exit code: 0 where all is green.
 *
 * Arguments: vitest's JSON report, the exit code of the tests, the report of check.ts,
 * the exit code of that.
 */
import { existsSync, readFileSync } from "node:fs";
import { closingLine, countsFromCheck, countsFromVitest, isGreen, type RunnerResult } from "./ci-counts.ts";

const [testReport, testExitCode, checkReport, checkExitCode] = process.argv.slice(2);
const all = [
  countsFromVitest(resultOf(testReport, testExitCode)),
  countsFromCheck(resultOf(checkReport, checkExitCode)),
];
console.log(closingLine(all));
process.exitCode = isGreen(all) ? 0 : 1;

function resultOf(path = "", exitCode = "1"): RunnerResult {
  return { report: existsSync(path) ? readFileSync(path, "utf8") : undefined, exitCode: Number(exitCode) };
}
