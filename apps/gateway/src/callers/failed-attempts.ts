import type { Clock, Peer } from "@verigate/call";
import { LRUCache } from "lru-cache";
import { networkOf } from "../ip-network.ts";

export interface FailedAttemptsOptions {
  readonly clock: Clock;
  /** How many wrong credentials a peer may show in a minute; 0 is no limit. */
  readonly perMinute: number;
}

/** Counts wrong credentials by the peer that showed them. */
export interface FailedAttempts {
  /** How long this peer has to wait before what it shows is looked at again, in milliseconds; 0 where it has not. */
  waitMs(peer: Peer): number;
  /** The peer showed wrong credentials. */
  count(peer: Peer): void;
  /** The peer showed these, by their hash, and they were right. */
  remember(peer: Peer, digest: string): void;
  /** Whether it did before: then it may go on, however much is tried beside it. */
  isKnown(peer: Peer, digest: string): boolean;
}

const minuteMs = 60_000;
/** The most peers, and right credentials of them, that are remembered; the longest unused go first. */
const peersMax = 10_000;
const knownMax = 10_000;

/**
 * Lets a peer show `perMinute` wrong credentials at once, and then as many a
 * minute (GCRA). Peers are IP addresses, of IPv6 their /64, which one machine can
 * have all of; callers of a Unix socket are one.
 *
 * Behind a proxy or a mesh, all callers are one peer, too: so credentials that
 * were right before, from this peer, are never held back.
 */
export function createFailedAttempts({ clock, perMinute }: FailedAttemptsOptions): FailedAttempts {
  const intervalMs = minuteMs / Math.max(1, perMinute);
  /** When a peer's wrong credentials would be forgotten. */
  const emptyAtMs = new LRUCache<string, number>({ max: peersMax });
  const known = new LRUCache<string, true>({ max: knownMax });
  /** A connection's peer stays the same object. */
  const keys = new WeakMap<Peer, string>();
  const keyOf = (peer: Peer) => {
    const key = keys.get(peer) ?? nameOf(peer);
    keys.set(peer, key);
    return key;
  };
  return {
    waitMs(peer) {
      const untilEmptyMs = (emptyAtMs.get(keyOf(peer)) ?? 0) - clock.nowMs();
      return perMinute === 0 ? 0 : Math.max(0, untilEmptyMs + intervalMs - minuteMs);
    },
    count(peer) {
      const key = keyOf(peer);
      emptyAtMs.set(key, Math.max(clock.nowMs(), emptyAtMs.get(key) ?? 0) + intervalMs);
    },
    remember: (peer, digest) => {
      known.set(`${keyOf(peer)} ${digest}`, true);
    },
    isKnown: (peer, digest) => known.has(`${keyOf(peer)} ${digest}`),
  };
}

/** Callers of a Unix socket can't be told apart. A connection that broke meanwhile has no address any more. */
function nameOf({ listener, isUnix, address }: Peer): string {
  return isUnix || address === undefined ? listener : networkOf(address);
}
