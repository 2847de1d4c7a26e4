/** `pnpm bench`: see `usage` in options.ts. */
import { writeFileSync } from "node:fs";
import { barPlot } from "./bar-plot.ts";
import { pathOf } from "./contestants.ts";
import { goalTable } from "./goal-table.ts";
import { type Options, parseOptions, usage } from "./options.ts";
import { performancePage } from "./performance-page.ts";
import { measuredDoors, resultTable } from "./result-table.ts";
import type { BenchResults } from "./results.ts";
import { jsonFromResults } from "./results-json.ts";
import { runBench } from "./run-bench.ts";
import { terminalTable } from "./table-text.ts";

const say = (line: string) => process.stderr.write(`${line}\n`);

// Ends what was started: children.ts listens to "exit".
process.once("SIGINT", () => process.exit(130));
process.once("SIGTERM", () => process.exit(143));

try {
  const options = optionsOrUsage();
  if (options !== undefined) {
    await bench(options);
  }
} catch (error) {
  fail(error);
}

function optionsOrUsage(): Options | undefined {
  try {
    return parseOptions(process.argv.slice(2));
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
  if (process.platform !== "linux") {
    throw new Error("CPU time and memory are read from /proc, which needs Linux");
  }
  const results = await runBench(options, say);
  process.stdout.write(process.stdout.isTTY ? textFromResults(results) : jsonFromResults(results));
  if (options.isWriting) {
    writeFileSync(pathOf("../../docs/performance.md"), performancePage(results, "performance.svg"));
    writeFileSync(pathOf("../../docs/performance.svg"), barPlot(results));
    say("wrote docs/performance.md and docs/performance.svg");
  }
}

function textFromResults(results: BenchResults): string {
  const tables = [...measuredDoors(results).map((door) => resultTable(results, door)), goalTable(results)];
  return `\n${tables.map(terminalTable).join("\n")}`;
}
