/** Shorter ones are the timer's own, in milliseconds. */
const noticedMs = 20;
const keptMs = 30_000;

/** Notices when this process gets no time, by a timer that should tick every few milliseconds. */
export class Stalls {
  #tickedAtMs = performance.now();
  #stalls: { readonly endedAtMs: number; readonly lastedMs: number }[] = [];

  tick(): void {
    const nowMs = performance.now();
    const lastedMs = nowMs - this.#tickedAtMs;
    this.#tickedAtMs = nowMs;
    if (lastedMs >= noticedMs) {
      this.#stalls = this.#stalls.filter(({ endedAtMs }) => endedAtMs > nowMs - keptMs);
      this.#stalls.push({ endedAtMs: nowMs, lastedMs });
    }
  }

  /** The longest one that ended since then, or goes on; 0 where there was none. */
  longestMsSince(sinceMs: number): number {
    const current = performance.now() - this.#tickedAtMs;
    const past = this.#stalls.filter(({ endedAtMs }) => endedAtMs >= sinceMs).map(({ lastedMs }) => lastedMs);
    return Math.max(0, ...past, current < noticedMs ? 0 : current);
  }
}
