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
    // As most are, most of the time.
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

/** For how long a log keeps an event, and how many: more than the largest window counts tell nothing. */
export function logBounds(windows: readonly LimitWindow[]): { readonly keptMs: number; readonly eventsMax: number } {
  let keptMs = 0;
  let eventsMax = 0;
  for (const { windowMs, max } of windows) {
    keptMs = Math.max(keptMs, windowMs);
    eventsMax = Math.max(eventsMax, max);
  }
  return { keptMs, eventsMax };
}
