import { slices } from "./limit-store.ts";

/** Counts events of the latest window, in slices of it. */
export interface SlicedCount {
  /** When all that it counts is over, in milliseconds. */
  readonly endsAtMs: number;
  sum(nowMs: number): SlicedSum;
  /** Adds an event, and tells to which slice. */
  add(nowMs: number): number;
  /** Takes an event out of its slice. */
  remove(slice: number): void;
}

/** Events of the window that ends now, and when the oldest of them will be over: that of now, where there is none. */
export interface SlicedSum {
  readonly total: number;
  readonly oldestEndsAtMs: number;
}

/** Slices that are partly in the window count as a whole, so there is one more than the window has. */
const kept = slices + 1;

/** The sum where nothing was counted. */
export function emptySum(windowMs: number, nowMs: number): SlicedSum {
  const sliceMs = windowMs / slices;
  return { total: 0, oldestEndsAtMs: (Math.floor(nowMs / sliceMs) + kept) * sliceMs };
}

export function createSlicedCount(windowMs: number): SlicedCount {
  const sliceMs = windowMs / slices;
  const events = new Uint32Array(kept);
  let latest = Number.NEGATIVE_INFINITY;

  const endOf = (slice: number) => (slice + kept) * sliceMs;
  const placeOf = (slice: number) => slice % kept;

  /** Forgets the slices that the window has left behind. */
  function moveTo(nowMs: number): number {
    const slice = Math.floor(nowMs / sliceMs);
    const first = Math.max(latest + 1, slice - slices);
    for (let each = first; each <= slice; each += 1) {
      events[placeOf(each)] = 0;
    }
    latest = Math.max(latest, slice);
    return latest;
  }

  return {
    get endsAtMs() {
      return endOf(latest);
    },
    sum(nowMs) {
      const slice = moveTo(nowMs);
      let total = 0;
      let oldest = slice;
      for (let each = slice; each > slice - kept && each >= 0; each -= 1) {
        const here = events[placeOf(each)] ?? 0;
        total += here;
        oldest = here > 0 ? each : oldest;
      }
      return { total, oldestEndsAtMs: endOf(oldest) };
    },
    add(nowMs) {
      const slice = moveTo(nowMs);
      const place = placeOf(slice);
      events[place] = (events[place] ?? 0) + 1;
      return slice;
    },
    remove(slice) {
      const place = placeOf(slice);
      if (slice > latest - kept) {
        events[place] = Math.max(0, (events[place] ?? 0) - 1);
      }
    },
  };
}
