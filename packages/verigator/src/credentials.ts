import { type Answer, type Attempt, type Clock, type Exchange, Fault } from "@verigate/call";

/** The account at Messente. Lives in memory only. */
export interface Account {
  readonly username: string;
  readonly password: string;
}

export interface CredentialsOptions {
  readonly clock: Clock;
  /** Reads the account; asked at first, and again when the upstream refuses it. Throws where it can't be read. */
  readonly readAccount: () => Account;
  /** Told of each attempt that fails right here. */
  readonly onRefused?: (attempt: Attempt) => void;
}

export interface Credentials {
  readonly layer: (next: Exchange) => Exchange;
  /** Whether the upstream is asked no more, but for probes. */
  readonly areLocked: boolean;
  /** Reads the account again; where it can't be read it stays as it was. */
  renew(): void;
}

/** So many refusals in a row, and the upstream is asked no more; some APIs lock an account that goes on. */
const refusalsMax = 5;
/** While it is asked no more, one attempt goes through in this time, in milliseconds. */
const probeMs = 10_000;

/**
 * Signs each attempt with the account: the header `X-Service-Auth`, whose value
 * is name and password joined by a colon, neither Basic nor base64.
 *
 * A 401 has not been processed: where the account reads differently by then, the
 * attempt is sent again with it, once. After five in a row attempts fail right
 * here as `upstream-credentials-rejected`, but for a probe every 10 s.
 */
export function createCredentials({ clock, readAccount, onRefused }: CredentialsOptions): Credentials {
  let account = readAccount();
  let refusals = 0;
  let probedAtMs = Number.NEGATIVE_INFINITY;

  /** Whether the account reads differently than `used`, which was refused. */
  function hasChanged(used: Account): boolean {
    try {
      account = readAccount();
    } catch {
      // What can't be read now, in the middle of a change for one, is read at the next refusal.
    }
    return account.username !== used.username || account.password !== used.password;
  }

  function count({ status }: Answer): void {
    // Other failures, such as a proxy's, say nothing about the account.
    if (status === 401) {
      refusals += 1;
    } else if (status < 500) {
      refusals = 0;
    }
  }

  async function again(next: Exchange, attempt: Attempt): Promise<Answer> {
    attempt.progress.isOutcomeOpen = false;
    const answer = await next(signed(attempt, account));
    count(answer);
    return answer;
  }

  return {
    get areLocked() {
      return refusals >= refusalsMax;
    },
    renew: () => {
      hasChanged(account);
    },
    layer: (next) => (attempt) => {
      if (refusals >= refusalsMax) {
        if (clock.nowMs() - probedAtMs < probeMs && !hasChanged(account)) {
          onRefused?.(attempt);
          return Promise.reject(new Fault("upstream-credentials-rejected"));
        }
        probedAtMs = clock.nowMs();
      }
      const used = account;
      return next(signed(attempt, used)).then((answer) => {
        count(answer);
        return answer.status === 401 && hasChanged(used) ? again(next, attempt) : answer;
      });
    },
  };
}

function signed(attempt: Attempt, { username, password }: Account): Attempt {
  return { ...attempt, headers: { ...attempt.headers, "x-service-auth": `${username}:${password}` } };
}
