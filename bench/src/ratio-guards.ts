import { type Door, gatewayName, telemetryNames } from "./contestants.ts";
import type { Table } from "./result-table.ts";
import { type BenchResults, ratiosTo, serverOf } from "./results.ts";
import { median } from "./statistics.ts";

/** What CPU per call may at most be, by that of another server in the same run. */
interface RatioGuard {
  readonly door: Door;
  readonly name: string;
  readonly other: string;
  readonly ratioMax: number;
}

/**
 * Not goals, but what only a regression exceeds: each leaves room for the noise of a machine that others
 * use too, and for the two warm-ups that a quick run has time for. (A long one finds 0.34, 0.57, and 1.02 to 1.12.)
 */
export const ratioGuards: readonly RatioGuard[] = [
  { door: "grpc", name: gatewayName, other: "connect-node", ratioMax: 0.6 },
  { door: "json", name: gatewayName, other: "connect-node", ratioMax: 0.9 },
  { door: "grpc", name: telemetryNames.on, other: telemetryNames.off, ratioMax: 1.3 },
];

/** Whether a guard is about a server behind a door: the others need not be measured to judge them. */
export function isGuarded(name: string, door: Door): boolean {
  return ratioGuards.some((guard) => guard.door === door && (guard.name === name || guard.other === name));
}

export interface GuardedRatio extends RatioGuard {
  /** The median of the rounds; undefined where the two were not measured. */
  readonly ratio: number | undefined;
  readonly isKept: boolean;
}

/** All guards and what came of them. One that was not measured is not kept. */
export function judgeGuards(results: BenchResults): readonly GuardedRatio[] {
  return ratioGuards.map((guard) => {
    const server = serverOf(results, guard.name, guard.door);
    const ratios = server === undefined ? [] : ratiosTo(results, server, guard.other);
    const ratio = ratios.length === 0 ? undefined : median(ratios);
    return { ...guard, ratio, isKept: ratio !== undefined && ratio <= guard.ratioMax };
  });
}

/** The same for a terminal. */
export function guardTable(results: BenchResults): Table {
  return {
    title: "Ratios that a regression would break",
    head: ["CPU per call", "by that of", "door", "at most", "measured", "verdict"],
    rows: judgeGuards(results).map(({ name, other, door, ratioMax, ratio, isKept }) => [
      name,
      other,
      door,
      `${ratioMax} x`,
      ratio === undefined ? "-" : `${ratio.toFixed(2)} x`,
      isKept ? "kept" : "BROKEN",
    ]),
  };
}
