/** How much is done, and how long things take. */
export interface LoadPace {
  /** Logins that begin in a second, whatever becomes of those before. */
  readonly loginsPerSecond: number;
  /** How long users take to type a PIN, at least and at most. */
  readonly thinkMs: readonly [least: number, most: number];
  /** Between two episodes. */
  readonly pauseMs: number;
  /** How long an outage lasts. */
  readonly outageMs: number;
  /** How long a broken file stays as it is: the gateway takes up to two seconds to look. */
  readonly reloadMs: number;
}

/** As if people were there. */
export const observePace: LoadPace = {
  loginsPerSecond: 4,
  thinkMs: [2_000, 30_000],
  pauseMs: 15_000,
  outageMs: 6_000,
  reloadMs: 10_000,
};

/** All of it within half a minute. */
export const testPace: LoadPace = {
  loginsPerSecond: 12,
  thinkMs: [50, 500],
  pauseMs: 100,
  outageMs: 1_500,
  reloadMs: 2_500,
};
