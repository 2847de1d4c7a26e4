import { problemOf } from "../src/real-or-skip.ts";
import type { Options } from "./options.ts";
import { longPace } from "./pace.ts";
import { describeMachine, type Results, type ScenarioResult } from "./results.ts";
import { runScenario } from "./run-scenario.ts";
import { needsOf } from "./scenarios.ts";

/**
 * Runs scenarios one after another; `say` is told of each. One whose programs the
 * machine does not have is skipped; with VERIGATE_REQUIRE_REAL=1 that is an Error.
 */
export async function runChaos(options: Options, say: (line: string) => void): Promise<Results> {
  const pace = longPace(options.seconds, options.rate);
  const results: ScenarioResult[] = [];
  const skipped: Results["skipped"][number][] = [];
  for (const [index, scenario] of options.scenarios.entries()) {
    const { name, title } = scenario;
    say(`${index + 1}/${options.scenarios.length} ${name}: ${title}`);
    const problem = needsOf(scenario)
      .map(problemOf)
      .find((found) => found !== undefined);
    if (problem !== undefined) {
      skipped.push({ title, problem });
      say(`    SKIPPED, because ${problem}`);
      continue;
    }
    const verdict = await runScenario(scenario, pace);
    results.push({ name, title, ...verdict });
    say(verdict.broken.length === 0 ? "    kept" : `    BROKEN: ${verdict.broken.join("; ")}`);
  }
  return { machine: describeMachine(), seconds: options.seconds, pace, scenarios: results, skipped };
}
