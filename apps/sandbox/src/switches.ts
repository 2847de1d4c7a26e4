/** How the sandbox deviates from, or adds to, what the documentation says. */
export interface Switches {
  /** Status of the creating calls: 201 as documented, or 200 as the Java SDK insists. Default 201. */
  readonly createStatus: 200 | 201;
  /** Whether starting an authentication answers an `auth_id`, as some versions do. Default false. */
  readonly sendsAuthId: boolean;
  /** Requests per second and source address above which the answer is 429; 0 is off. Documented are 150. Default 0. */
  readonly requestsPerSecond: number;
}

/** Fills what is not given with the defaults. */
export function resolveSwitches(switches: Partial<Switches> = {}): Switches {
  return { createStatus: 201, sendsAuthId: false, requestsPerSecond: 0, ...switches };
}
