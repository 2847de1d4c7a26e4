import { createLimitRows, type LimitRows, type RowKey } from "./limit-rows.ts";
import { slices } from "./limit-store.ts";
import { rowKeyOf } from "./row-key.ts";

/** Where the events of a subject are counted. */
export interface CountedAt {
  readonly key: RowKey;
  /** The one window of the subject, in milliseconds: always the same. */
  readonly windowMs: number;
}

/** Events of the window that ends now, and when the oldest of them will be over: that of now, where there is none. */
export interface CountedSum {
  readonly total: number;
  readonly oldestEndsAtMs: number;
}

/** How many events subjects had in each slice of time, in 24 bytes for each slice that has any. */
export interface CountRows {
  /** How many slices there are. */
  readonly size: number;
  readonly bytes: number;
  countOf(key: string, windowMs: number): CountedAt;
  sum(count: CountedAt, nowMs: number): CountedSum;
  /** Bytes that it would take more to add an event to a slice that has none; 0 where there is room. */
  growthFor(count: CountedAt): number;
  /** Adds an event of now, and tells when its slice is over. */
  add(count: CountedAt, nowMs: number): number;
  /** Takes an event out of the slice that is over at that instant, if that is still there. */
  remove(count: CountedAt, endMs: number): void;
  /** Looks at the next `places` places, and drops what is over. */
  sweep(places: number, nowMs: number): void;
}

/** Slices that are partly in the window count as a whole, so there is one more than the window has. */
const kept = slices + 1;

/** A slice is a row with the instant at which it is over, and its events. */
export function createCountRows(): CountRows {
  const rows: LimitRows = createLimitRows({ width: 2 });

  function endOfSlice({ windowMs }: CountedAt, nowMs: number): number {
    const sliceMs = windowMs / slices;
    return (Math.floor(nowMs / sliceMs) + kept) * sliceMs;
  }

  const placeOf = ({ key }: CountedAt, isIt: (endMs: number) => boolean) =>
    rows.find(key).find((place) => isIt(rows.get(place, 0)));

  /** Drops what is over. */
  function dropOver(count: CountedAt, nowMs: number): void {
    const isOver = (endMs: number) => endMs <= nowMs;
    for (let place = placeOf(count, isOver); place !== undefined; place = placeOf(count, isOver)) {
      rows.drop(place);
    }
  }

  return {
    get size() {
      return rows.size;
    },
    get bytes() {
      return rows.bytes;
    },
    countOf: (key, windowMs) => ({ key: rowKeyOf(key), windowMs }),
    sum(count, nowMs) {
      const endsMs = rows.read(count.key);
      const events = endsMs.length === 0 ? [] : rows.read(count.key, 1);
      let total = 0;
      let oldestEndsAtMs = endOfSlice(count, nowMs);
      endsMs.forEach((endMs, index) => {
        if (nowMs < endMs) {
          total += events[index] ?? 0;
          oldestEndsAtMs = Math.min(oldestEndsAtMs, endMs);
        }
      });
      return { total, oldestEndsAtMs };
    },
    growthFor: ({ key }) => rows.growthFor(key),
    add(count, nowMs) {
      const endsAtMs = endOfSlice(count, nowMs);
      const place = placeOf(count, (endMs) => endMs === endsAtMs);
      if (place !== undefined) {
        rows.set(place, 1, rows.get(place, 1) + 1);
      } else {
        // Else a subject that never rests would have more rows than a page holds before they are swept.
        dropOver(count, nowMs);
        rows.add(count.key, [endsAtMs, 1]);
      }
      return endsAtMs;
    },
    remove(count, endMs) {
      const place = placeOf(count, (each) => each === endMs);
      if (place === undefined) {
        return;
      }
      const events = rows.get(place, 1) - 1;
      if (events > 0) {
        rows.set(place, 1, events);
      } else {
        rows.drop(place);
      }
    },
    sweep: rows.sweep,
  };
}
