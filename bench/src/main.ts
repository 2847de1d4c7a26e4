/** `pnpm bench`: see `usage` in options.ts. */
import { readFileSync, writeFileSync } from "node:fs";
import { barPlot } from "./bar-plot.ts";
import { clientTable } from "./client-table.ts";
import { pathOf } from "./contestants.ts";
import { goalTable } from "./goal-table.ts";
import { latencyTable } from "./latency-table.ts";
import { type CommandLine, type Options, parseCommandLine, usage } from "./options.ts";
import { performancePage } from "./performance-page.ts";
import { guardTable, judgeGuards } from "./ratio-guards.ts";
import { measuredDoors, resultTable } from "./result-table.ts";
import type { BenchResults } from "./results.ts";
import { jsonFromResults } from "./results-json.ts";
import { runBench } from "./run-bench.ts";
import { runSoak } from "./soak/run-soak.ts";
import { soakTable } from "./soak/soak-results.ts";
import { soakSection, soakSectionIn, withSoakSection } from "./soak/soak-section.ts";
import { terminalTable } from "./table-text.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);
const page = pathOf("../../docs/performance.md");

// Ends what was started: children.ts listens to "exit".
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

try {
  const commandLine = commandLineOrUsage();
  if (commandLine !== undefined) {
    if (process.platform !== "linux") {
      throw new Error("CPU time and memory are read from /proc, which needs Linux");
    }
    const { options, soakMinutes } = commandLine;
    await (soakMinutes === undefined ? bench(options) : soak(soakMinutes, options.isWriting));
  }
} catch (error) {
  fail(error);
}

function commandLineOrUsage(): CommandLine | undefined {
  try {
    return parseCommandLine(process.argv.slice(2));
  } catch (error) {
    fail(error);
    say(usage);
    return undefined;
  }
}

function fail(error: unknown): void {
  say(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}

async function bench(options: Options): Promise<void> {
  const results = await runBench(options, say);
  process.stdout.write(process.stdout.isTTY ? textFromResults(results) : jsonFromResults(results));
  if (options.isWriting) {
    writeFileSync(page, performancePage(results, "performance.svg", soakSectionIn(readFileSync(page, "utf8"))));
    writeFileSync(pathOf("../../docs/performance.svg"), barPlot(results));
    say("wrote docs/performance.md and docs/performance.svg");
  }
  if (options.isQuick && judgeGuards(results).some(({ isKept }) => !isKept)) {
    say(terminalTable(guardTable(results)));
    fail("a ratio is worse than what noise explains");
  }
}

function textFromResults(results: BenchResults): string {
  const { options, latency, clients } = results;
  const tables = [
    ...measuredDoors(results).map((door) => resultTable(results, door)),
    ...(latency === undefined ? [] : [latencyTable(latency)]),
    ...(clients === undefined ? [] : [clientTable(clients)]),
    options.isQuick ? guardTable(results) : goalTable(results),
  ];
  return `\n${tables.map(terminalTable).join("\n")}`;
}

async function soak(minutes: number, isWriting: boolean): Promise<void> {
  const results = await runSoak(minutes, say);
  process.stdout.write(
    process.stdout.isTTY
      ? `\n${terminalTable(soakTable(results))}`
      : `${JSON.stringify({ ...results, goals: soakTable(results).rows }, undefined, 2)}\n`,
  );
  if (isWriting) {
    writeFileSync(page, withSoakSection(readFileSync(page, "utf8"), soakSection(results)));
    say("wrote its part of docs/performance.md");
  }
}
