import type { Peer } from "@verigate/call";
import { networkOf } from "../ip-network.ts";

/** A connection's peer stays the same object. */
const names = new WeakMap<Peer, string>();

/**
 * What peers are told apart by: IP addresses, of IPv6 their /64, which one machine
 * can have all of. Callers of a Unix socket can't be told apart, and a connection
 * that broke meanwhile has no address any more: they go by their listener.
 */
export function nameOfPeer(peer: Peer): string {
  const { listener, isUnix, address } = peer;
  const name = names.get(peer) ?? (isUnix || address === undefined ? listener : networkOf(address));
  names.set(peer, name);
  return name;
}
