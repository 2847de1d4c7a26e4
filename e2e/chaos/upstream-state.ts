import type { Journal, JournalWriter } from "./journal.ts";
import type { UpstreamRequest } from "./upstream-requests.ts";

/** An answer of the upstream. */
export interface UpstreamAnswer {
  readonly status: number;
  readonly json: unknown;
  /** Of VerifyPin: what it says. */
  readonly verified?: boolean;
}

/** The PIN that is right, whoever it was sent to. Every other is wrong. */
export const rightPin = "1111";

/**
 * What the upstream knows: as much as it takes to tell what became of a request
 * whose answer was lost. It survives a crash by the journal. Every service has the
 * one user that was created in it; every user exists until it is deleted.
 */
export class UpstreamState {
  readonly #created: Map<string, number>;
  readonly #deleted: Set<string>;
  readonly #journal: JournalWriter;

  constructor(before: Journal, journal: JournalWriter) {
    this.#created = new Map(before.created);
    this.#deleted = new Set(before.deleted);
    this.#journal = journal;
  }

  carryOut({ operation, key }: UpstreamRequest, body: string): UpstreamAnswer {
    switch (operation) {
      case "InitiateAuth":
        return { status: 201, json: { method: "sms", auth_id: `a-${key}` } };
      case "VerifyPin": {
        const verified = (JSON.parse(body) as { token?: unknown }).token === rightPin;
        const result = verified ? "VERIFIED" : "INVALID";
        return {
          status: 200,
          verified,
          json: { method: "sms", verified, status: { expired: false, invalid: !verified, throttled: false, result } },
        };
      }
      case "CreateUser":
        return this.#createUser(key);
      case "ListUsers": {
        const atMs = this.#created.get(key);
        const users = atMs === undefined ? [] : [userFrom(key, atMs)];
        return { status: 200, json: { users, total: users.length } };
      }
      case "GetUser":
        return { status: 200, json: userFrom(key, 1_500_000_000_000) };
      case "DeleteUser":
        return this.#deleteUser(key);
    }
  }

  #createUser(key: string): UpstreamAnswer {
    if (this.#created.has(key)) {
      return { status: 409, json: { message: "exists" } };
    }
    const atMs = Date.now();
    this.#created.set(key, atMs);
    this.#journal.created(key, atMs);
    return { status: 201, json: userFrom(key, atMs) };
  }

  #deleteUser(key: string): UpstreamAnswer {
    if (this.#deleted.has(key)) {
      return { status: 404, json: { message: "not found" } };
    }
    this.#deleted.add(key);
    this.#journal.deleted(key);
    return { status: 202, json: {} };
  }
}

function userFrom(key: string, atMs: number) {
  return { id: key, id_in_service: key, ctime: new Date(atMs).toISOString() };
}
