import type { Exchange } from "@verigate/call";

/** The account at Messente. Lives in memory only. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/**
 * Signs each attempt with the account: the header `X-Service-Auth`, whose value
 * is name and password joined by a colon, neither Basic nor base64.
 *
 * `account` is asked for every attempt, so that new credentials count at once.
 */
export function credentials(account: () => Account): (next: Exchange) => Exchange {
  return (next) => (attempt) => {
    const { username, password } = account();
    return next({ ...attempt, headers: { ...attempt.headers, "x-service-auth": `${username}:${password}` } });
  };
}
