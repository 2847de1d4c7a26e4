import type { CallKind, CallRecord } from "./call-record.ts";

/** When a call of that kind first succeeded after `sinceMs`, repeats left out; undefined where none has. */
export function firstSuccessAtMs(
  records: readonly CallRecord[],
  { operation, isProtected }: CallKind,
  sinceMs: number,
): number | undefined {
  // Records stand in the order of their ends. A repeat may get what was recorded long before.
  return records.find(
    (record) =>
      record.operation === operation &&
      record.isProtected === isProtected &&
      record.repeat === 0 &&
      record.end.kind === "ok" &&
      record.endedAtMs >= sinceMs,
  )?.endedAtMs;
}
