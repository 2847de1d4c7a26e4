/** How many tests and checks there were. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** What one runner reported: its JSON, undefined where it wrote none, and its exit code. */
export interface RunnerResult {
  readonly report: string | undefined;
  readonly exitCode: number;
}

/**
 * Counts vitest's JSON report. A file that could not be loaded is one failure, as is a
 * run that failed in no test: by an error outside of all, or before it could report.
 */
export function countsFromVitest(result: RunnerResult): Counts {
  const report = JSON.parse(result.report ?? "{}");
  const testResults: { status: string; assertionResults: unknown[] }[] = report.testResults ?? [];
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  return withExitCode(result.exitCode, {
    passed: report.numPassedTests ?? 0,
    failed: (report.numFailedTests ?? 0) + brokenFiles.length,
    skipped: (report.numPendingTests ?? 0) + (report.numTodoTests ?? 0),
  });
}

/** Counts the report of check.ts. A run that failed in no step is one failure. */
export function countsFromCheck(result: RunnerResult): Counts {
  const { passed = 0, failed = 0, skipped = 0 } = JSON.parse(result.report ?? "{}");
  return withExitCode(result.exitCode, { passed, failed, skipped });
}

/** Whether nothing failed, nothing was skipped, and there was something to pass in each. */
export function isGreen(all: readonly Counts[]): boolean {
  return all.every(({ passed, failed, skipped }) => passed > 0 && failed === 0 && skipped === 0);
}

/** The closing line that programs read: `3 passed, 0 failed, 1 skipped`. */
export function closingLine(all: readonly Counts[]): string {
  const sum = (key: keyof Counts) => all.reduce((total, counts) => total + counts[key], 0);
  return `${sum("passed")} passed, ${sum("failed")} failed, ${sum("skipped")} skipped`;
}

function withExitCode(exitCode: number, counts: Counts): Counts {
  return exitCode !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}
