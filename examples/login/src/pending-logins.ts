import { randomUUID } from "node:crypto";
import type { AuthMethod } from "@verigate/client";

/** A login that waits for its PIN. */
export interface PendingLogin {
  readonly userId: string;
  /** What InitiateAuth answered; unknown where its answer was lost. */
  readonly method?: AuthMethod;
  readonly authId?: string | undefined;
}

/** Logins that wait for their PIN, by an id that can't be guessed. */
export interface PendingLogins {
  add(login: PendingLogin): string;
  get(loginId: string): PendingLogin | undefined;
  delete(loginId: string): void;
}

const pendingMax = 10_000;

/** Kept in memory; the oldest gives way when there are too many. */
export function createPendingLogins(): PendingLogins {
  const logins = new Map<string, PendingLogin>();
  return {
    add(login) {
      const [oldest] = logins.keys();
      if (oldest !== undefined && logins.size >= pendingMax) logins.delete(oldest);
      const loginId = randomUUID();
      logins.set(loginId, login);
      return loginId;
    },
    get: (loginId) => logins.get(loginId),
    delete(loginId) {
      logins.delete(loginId);
    },
  };
}
