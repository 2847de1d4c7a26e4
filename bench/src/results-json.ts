import { judgeGoals } from "./goals.ts";
import { judgeGuards } from "./ratio-guards.ts";
import { type BenchResults, ratiosTo } from "./results.ts";
import { median, spread } from "./statistics.ts";

/** Everything that was measured, for programs. Ratios are to the reference of the server's door. */
export function jsonFromResults(results: BenchResults): string {
  const servers = results.servers.map((server) => {
    const { contestant, turns, ...figures } = server;
    return {
      name: contestant.name,
      door: contestant.door,
      cpuMicros: spread(turns.map(({ cpuMicros }) => cpuMicros)),
      callsPerSecond: spread(turns.map(({ callsPerSecond }) => callsPerSecond)),
      ratio: ratiosOrNull(ratiosTo(results, server)),
      ...figures,
      turns,
    };
  });
  const verdicts = { goals: judgeGoals(results), guards: judgeGuards(results) };
  return `${JSON.stringify({ ...results, servers, ...verdicts }, undefined, 2)}\n`;
}

function ratiosOrNull(ratios: readonly number[]) {
  return ratios.length === 0 ? null : median(ratios);
}
