import { judgeGoals } from "./goals.ts";
import type { Table } from "./result-table.ts";
import type { BenchResults } from "./results.ts";

/** The goals and what came of them. A miss is written in capitals: nobody shall read over it. */
export function goalTable(results: BenchResults): Table {
  return {
    title: "Goals of the gateway",
    head: ["figure", "goal", "measured", "verdict"],
    rows: judgeGoals(results).map(({ figure, goal, measured, verdict }) => [
      figure,
      goal,
      measured,
      verdict === "missed" ? "MISSED" : verdict,
    ]),
  };
}
