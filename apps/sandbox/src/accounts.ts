/** Credentials of the emulated API. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

/** Finds the account that an `X-Service-Auth: <username>:<password>` header names. */
export interface Accounts {
  /** The username, or undefined where the header is missing or wrong. */
  usernameFromHeader(header: string | undefined): string | undefined;
}

/** Creates the look-up of the accounts given. */
export function createAccounts(accounts: readonly Account[]): Accounts {
  const usernames = new Map(accounts.map(({ username, password }) => [`${username}:${password}`, username]));
  return { usernameFromHeader: (header) => (header === undefined ? undefined : usernames.get(header)) };
}
