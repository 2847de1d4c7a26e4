import type { LimitWindow, WindowState } from "./limit-store.ts";

/** Events of one subject, in any order. No two have the same instant: of one millisecond, each is put behind the other. */
export interface LoggedEvents {
  /** For how long they are kept, in milliseconds. */
  readonly keptMs: number;
  /**
   * When each is over: its instant and `keptMs`. Negative where a success has come
   * after it, so that it counts only where nothing clears.
   */
  readonly endsMs: readonly number[];
}

/** How a window stands at `nowMs`. It is full while the event that is `max` places back is within it. */
export function windowState({ keptMs, endsMs }: LoggedEvents, window: LimitWindow, nowMs: number): WindowState {
  const { max, windowMs, isClearable } = window;
  if (endsMs.length === 0 && max > 1) {
    // As most are, most of the time.
    return { left: max, waitMs: 0, nextMs: 0 };
  }
  const counted: number[] = [];
  let mineAtMs = nowMs;
  for (const endMs of endsMs) {
    const atMs = Math.abs(endMs) - keptMs;
    mineAtMs = Math.max(mineAtMs, atMs + 1);
    if (nowMs < atMs + windowMs && !(isClearable && endMs < 0)) {
      counted.push(atMs);
    }
  }
  if (counted.length + 1 < max) {
    return { left: max - counted.length, waitMs: 0, nextMs: 0 };
  }
  counted.sort((a, b) => b - a);
  const untilGone = (atMs: number | undefined) => (atMs === undefined ? 0 : atMs + windowMs - nowMs);
  return {
    left: Math.max(0, max - counted.length),
    waitMs: untilGone(counted[max - 1]),
    nextMs: untilGone(max === 1 ? mineAtMs : counted[max - 2]),
  };
}

export interface LogBounds {
  readonly keptMs: number;
  readonly eventsMax: number;
}

/** A limit has the same windows all the time. */
const knownBounds = new WeakMap<readonly LimitWindow[], LogBounds>();

/** For how long a log keeps an event, and how many: more than the largest window counts tell nothing. */
export function logBounds(windows: readonly LimitWindow[]): LogBounds {
  const known = knownBounds.get(windows);
  if (known !== undefined) {
    return known;
  }
  const bounds = {
    keptMs: Math.max(...windows.map(({ windowMs }) => windowMs)),
    eventsMax: Math.max(...windows.map(({ max }) => max)),
  };
  knownBounds.set(windows, bounds);
  return bounds;
}
