import type { CallRecord, Operation } from "./call-record.ts";

/** When an operation first succeeded after `sinceMs`; undefined where it has not. */
export function firstSuccessAtMs(
  records: readonly CallRecord[],
  operation: Operation,
  sinceMs: number,
): number | undefined {
  // Records stand in the order of their ends.
  return records.find(
    (record) => record.operation === operation && record.end.kind === "ok" && record.endedAtMs >= sinceMs,
  )?.endedAtMs;
}
