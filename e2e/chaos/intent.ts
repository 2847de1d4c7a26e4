import { randomUUID } from "node:crypto";
import type { Operation } from "./call-record.ts";
import { operations } from "./call-record.ts";

/** What somebody wants done once, however often it is asked for. */
export interface Intent {
  readonly operation: Operation;
  /** Stands in the path upstream, and in that of no other intent. It ends with `r` where the PIN is the right one. */
  readonly key: string;
  /** Without one, it is asked for once. */
  readonly requestId: string | undefined;
  readonly habit: Habit;
}

/**
 * How a caller goes about an intent:
 *
 * - `once`: without a request_id, and so not again.
 * - `persistent`: again while the error says that this is right, or where the
 *   gateway was lost.
 * - `doubtful`: again whatever came, as one does who lost the answer.
 * - `twins`: twice at the same time, as two processes of one job do.
 */
export type Habit = "once" | "persistent" | "doubtful" | "twins";

/** As many as no other cycle in the load, so that each meets each operation, PIN and connection. */
const habits: readonly Habit[] = [
  ...(["once", "once", "once"] as const),
  ...(["persistent", "persistent", "persistent", "persistent", "persistent", "persistent"] as const),
  "doubtful",
  "twins",
];

/** Among so many in a row there is one of each kind. */
export const intentsInRound: number = operations.length * habits.length;

/** The intent of a number: the operations in turn. */
export function intentAt(number: number): Intent {
  const round = Math.floor(number / operations.length);
  const operation = operations[number % operations.length] ?? "GetUser";
  const habit = operation === "GetUser" ? "once" : (habits[round % habits.length] ?? "once");
  return {
    operation,
    key: `k${number}${round % 2 === 0 ? "r" : "w"}`,
    requestId: habit === "once" ? undefined : randomUUID(),
    habit,
  };
}
