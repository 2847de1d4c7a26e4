import { createLimitRows, type LimitRows, type RowKey } from "./limit-rows.ts";
import type { LoggedEvents } from "./log-windows.ts";
import { rowKeyOf } from "./row-key.ts";

/** Where the events of a subject are found. */
export interface EventLog {
  readonly key: RowKey;
  /** For how long an event is kept, in milliseconds: always the same for a subject. */
  readonly keptMs: number;
}

/** Events of subjects by their instants, 16 bytes each, until they are over. */
export interface EventRows {
  readonly size: number;
  readonly bytes: number;
  logOf(key: string, keptMs: number): EventLog;
  /** Those that are not over. */
  eventsOf(log: EventLog, nowMs: number): LoggedEvents;
  /** Bytes that it would take more to add an event; 0 where there is room. */
  growthFor(log: EventLog): number;
  /**
   * Adds an event of now, or of the first millisecond after all that are there, so
   * that no two are the same; and tells when it is over.
   */
  add(log: EventLog, there: LoggedEvents, nowMs: number): number;
  /** Drops the event that is over at that instant, cleared or not. */
  drop(log: EventLog, endMs: number): void;
  /** Marks all events as ones that a success came after. */
  clear(log: EventLog): void;
  /** Looks at the next `places` places, and drops what is over. */
  sweep(places: number, nowMs: number): void;
}

/** An event is a row with the instant at which it is over, negative where it is cleared. */
export function createEventRows(): EventRows {
  const rows: LimitRows = createLimitRows({ width: 1 });

  return {
    get size() {
      return rows.size;
    },
    get bytes() {
      return rows.bytes;
    },
    logOf: (key, keptMs) => ({ key: rowKeyOf(key), keptMs }),
    eventsOf({ key, keptMs }, nowMs) {
      const endsMs = rows.read(key);
      return { keptMs, endsMs: endsMs.length === 0 ? endsMs : endsMs.filter((endMs) => nowMs < Math.abs(endMs)) };
    },
    growthFor: ({ key }) => rows.growthFor(key),
    add({ key, keptMs }, { endsMs }, nowMs) {
      let endMs = nowMs + keptMs;
      for (const each of endsMs) {
        endMs = Math.max(endMs, Math.abs(each) + 1);
      }
      rows.add(key, [endMs]);
      return endMs;
    },
    drop({ key }, endMs) {
      const place = rows.find(key).find((each) => Math.abs(rows.get(each, 0)) === endMs);
      if (place !== undefined) {
        rows.drop(place);
      }
    },
    clear({ key }) {
      for (const place of rows.find(key)) {
        rows.set(place, 0, -Math.abs(rows.get(place, 0)));
      }
    },
    sweep: rows.sweep,
  };
}
