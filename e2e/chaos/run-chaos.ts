import type { Options } from "./options.ts";
import { longPace } from "./pace.ts";
import { describeMachine, type Results, type ScenarioResult } from "./results.ts";
import { runScenario } from "./run-scenario.ts";

/** Runs scenarios one after another; `say` is told of each. */
export async function runChaos(options: Options, say: (line: string) => void): Promise<Results> {
  const pace = longPace(options.seconds, options.rate);
  const results: ScenarioResult[] = [];
  for (const [index, scenario] of options.scenarios.entries()) {
    const { name, title } = scenario;
    say(`${index + 1}/${options.scenarios.length} ${name}: ${title}`);
    const verdict = await runScenario(scenario, pace);
    results.push({ name, title, ...verdict });
    say(verdict.broken.length === 0 ? "    kept" : `    BROKEN: ${verdict.broken.join("; ")}`);
  }
  return { machine: describeMachine(), seconds: options.seconds, pace, scenarios: results };
}
