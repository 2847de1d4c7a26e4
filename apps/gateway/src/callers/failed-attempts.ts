import type { Clock, Peer } from "@verigate/call";
import { LRUCache } from "lru-cache";
import { nameOfPeer } from "./name-of-peer.ts";

export interface FailedAttemptsOptions {
  readonly clock: Clock;
  /** How many wrong credentials a peer may show in a minute; 0 is no limit. */
  readonly perMinute: number;
}

/** Counts wrong credentials by the peer that showed them. */
export interface FailedAttempts {
  /** How long this peer has to wait before it hears again what is wrong with what it shows, in milliseconds; 0 where it has not. */
  waitMs(peer: Peer): number;
  /** The peer showed wrong credentials. */
  count(peer: Peer): void;
  /**
   * Takes a turn at having a token checked while the peer has to wait, and returns
   * 0; or, where there is none, takes nothing and returns how long it is until the
   * next one, in milliseconds.
   */
  takeCheck(peer: Peer): number;
}

const minuteMs = 60_000;
const secondMs = 1_000;
/** How many tokens of a peer that has to wait are checked in a second: some milliseconds of work. */
const checksPerSecond = 50;
const checkIntervalMs = secondMs / checksPerSecond;
/** The most peers that are remembered; the longest unused go first. */
const peersMax = 10_000;

/**
 * Lets a peer show `perMinute` wrong credentials at once, and then as many a
 * minute (GCRA). Peers are told apart as {@link nameOfPeer} does it.
 *
 * Behind a proxy or a mesh all callers are one peer, too, and one of them that is
 * wrong must not lock out the others. So this bounds the work that a peer makes,
 * and nothing else: tokens of a peer that has to wait are still checked, 50 a second.
 */
export function createFailedAttempts({ clock, perMinute }: FailedAttemptsOptions): FailedAttempts {
  const intervalMs = minuteMs / Math.max(1, perMinute);
  /** When a peer's wrong credentials would be forgotten. */
  const emptyAtMs = new LRUCache<string, number>({ max: peersMax });
  /** When all turns of a peer would be there again. */
  const fullAtMs = new LRUCache<string, number>({ max: peersMax });
  return {
    waitMs(peer) {
      const untilEmptyMs = (emptyAtMs.get(nameOfPeer(peer)) ?? 0) - clock.nowMs();
      return perMinute === 0 ? 0 : Math.max(0, untilEmptyMs + intervalMs - minuteMs);
    },
    count(peer) {
      const key = nameOfPeer(peer);
      emptyAtMs.set(key, Math.max(clock.nowMs(), emptyAtMs.get(key) ?? 0) + intervalMs);
    },
    takeCheck(peer) {
      const key = nameOfPeer(peer);
      const nowMs = clock.nowMs();
      const nextFullAtMs = Math.max(nowMs, fullAtMs.get(key) ?? 0) + checkIntervalMs;
      const waitMs = Math.max(0, nextFullAtMs - secondMs - nowMs);
      if (waitMs === 0) {
        fullAtMs.set(key, nextFullAtMs);
      }
      return waitMs;
    },
  };
}
