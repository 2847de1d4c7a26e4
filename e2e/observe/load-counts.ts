/** What became of the calls of a load, and of the logins that they were for. */
export class LoadCounts {
  readonly #ends = new Map<string, number>();
  calls = 0;
  loginsStarted = 0;
  loginsVerified = 0;

  /** A call of `method` has ended: `OK`, or the reason of its error. */
  ended(method: string, end: string): void {
    this.calls += 1;
    const key = `${method} ${end}`;
    this.#ends.set(key, (this.#ends.get(key) ?? 0) + 1);
  }

  /** How many calls of all methods ended like this, most frequent first. */
  get byEnd(): Readonly<Record<string, number>> {
    const sums = new Map<string, number>();
    for (const [key, count] of this.#ends) {
      const end = key.slice(key.indexOf(" ") + 1);
      sums.set(end, (sums.get(end) ?? 0) + count);
    }
    return Object.fromEntries([...sums].sort(([, left], [, right]) => right - left));
  }

  /** How many calls of this method ended like this. */
  count(method: string, end: string): number {
    return this.#ends.get(`${method} ${end}`) ?? 0;
  }
}
