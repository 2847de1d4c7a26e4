import { openssl, type RealThing, redisServer } from "../src/real-or-skip.ts";
import type { CallKind } from "./call-record.ts";
import type { Pace } from "./pace.ts";
import type { Link, Parts, Store } from "./parts.ts";

/** One way in which the world fails. */
export interface Scenario {
  /** For `--only`. */
  readonly name: string;
  /** What happens, for the table. */
  readonly title: string;
  readonly link: Link;
  /** Default: the gateway's own memory. */
  readonly store?: Store;
  /** Which calls the fault does not touch, so that none of them may fail. Default: none. */
  readonly isSpared?: (kind: CallKind) => boolean;
  /** Fulfils when the fault is there. */
  readonly begin: (parts: Parts, pace: Pace) => Promise<void>;
  /** Fulfils when it is over. Default: the upstream is healthy again. */
  readonly end?: (parts: Parts) => Promise<void>;
}

export const scenarios: readonly Scenario[] = [
  {
    name: "reset-before",
    title: "connections reset before a request is read",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "reset-before" }),
  },
  {
    name: "reset-after",
    title: "connections reset after the request was read and carried out",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "reset-after", percent: 100 }),
  },
  {
    name: "flaky",
    title: "one answer in four lost like that",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "reset-after", percent: 25 }),
  },
  {
    name: "half-bodies",
    title: "half a body, then the end",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "cut" }),
  },
  {
    name: "slow-bytes",
    title: "a byte at a time, slower than any attempt may be",
    link: "http",
    begin: ({ upstream }, { slowByteMs }) => upstream.enter({ kind: "slow", everyMs: slowByteMs }),
  },
  {
    name: "nonsense",
    title: "answers that must not be believed",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "nonsense" }),
  },
  {
    name: "status-500",
    title: "nothing but status 500, after carrying the request out",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "status", status: 500 }),
  },
  {
    name: "status-429",
    title: "nothing but status 429",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "too-many" }),
  },
  {
    name: "status-429-wait",
    title: "nothing but status 429 with Retry-After: 1",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "too-many", retryAfter: 1 }),
  },
  {
    name: "frozen",
    title: "SIGSTOP, then SIGCONT: it accepts, and is silent",
    link: "http",
    begin: async ({ upstream }) => upstream.freeze(),
    end: async ({ upstream }) => upstream.thaw(),
  },
  {
    name: "directory-hangs",
    title: "calls about users are never answered, those of authentication are",
    link: "http",
    isSpared: ({ operation }) => operation === "InitiateAuth" || operation === "VerifyPin",
    begin: ({ upstream }) =>
      upstream.enter({ kind: "hang", operations: ["CreateUser", "GetUser", "DeleteUser", "ListUsers"] }),
  },
  {
    name: "authentication-hangs",
    title: "calls of authentication are never answered, those about users are",
    link: "http",
    isSpared: ({ operation }) => operation !== "InitiateAuth" && operation !== "VerifyPin",
    begin: ({ upstream }) => upstream.enter({ kind: "hang", operations: ["InitiateAuth", "VerifyPin"] }),
  },
  {
    name: "killed",
    title: "SIGKILL, then a restart",
    link: "http",
    begin: ({ upstream }) => upstream.kill(),
    end: ({ upstream }) => upstream.start(),
  },
  {
    name: "few-connections",
    title: "all connections closed but one, and every new one",
    link: "http",
    begin: ({ upstream }) => upstream.enter({ kind: "few-connections", connectionsMax: 1 }),
  },
  {
    name: "dns",
    title: "its name can't be resolved and its address is dead; then the name has another",
    link: "name",
    async begin({ upstream, name }) {
      name.point(undefined);
      await upstream.kill();
    },
    async end({ standby, name }) {
      await standby.start();
      name.point(standby.options.host);
    },
  },
  {
    name: "tls-garbage",
    title: "something else than TLS on its port",
    link: "https",
    begin: ({ upstream }) => upstream.enter({ kind: "garbage" }),
  },
  {
    name: "tls-certificate",
    title: "a certificate of a stranger",
    link: "https",
    begin: ({ upstream }) => upstream.enter({ kind: "wrong-certificate" }),
  },
  {
    name: "proxy-hangs",
    title: "the proxy breaks its tunnels, accepts, and is silent",
    link: "proxy",
    begin: async ({ proxy }) => proxy.hang(),
    end: async ({ proxy }) => proxy.recover(),
  },
  {
    name: "redis-killed",
    title: "SIGKILL for the shared store, then a restart; its file is whole",
    link: "http",
    store: "redis",
    isSpared: needsNoStore,
    begin: ({ redis }) => redis.kill(),
    end: ({ redis }) => redis.start(),
  },
  {
    name: "redis-frozen",
    title: "SIGSTOP for the shared store, then SIGCONT: it accepts, is silent, and then does all that it was sent",
    link: "http",
    store: "redis",
    isSpared: needsNoStore,
    begin: async ({ redis }) => redis.freeze(),
    end: async ({ redis }) => redis.thaw(),
  },
];

/** Programs of the machine that a scenario can't do without. */
export function needsOf({ link, store }: Scenario): readonly RealThing[] {
  return [...(link === "https" || link === "proxy" ? [openssl] : []), ...(store === "redis" ? [redisServer] : [])];
}

function needsNoStore({ isProtected }: CallKind): boolean {
  return !isProtected;
}
