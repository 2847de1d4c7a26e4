import { isIPv4 } from "node:net";

/**
 * What one machine has of addresses, so that it can't pass for many: an IPv4
 * address, also where it is written as IPv6 (RFC 4291, 2.5.5.2), or the first 64
 * bits of an IPv6 one, without its zone. The same for every way to write it.
 */
export function networkOf(address: string): string {
  if (isIPv4(address)) {
    return address;
  }
  const groups = groupsOf(address.replace(/%.*$/, ""));
  const [high = 0, low = 0] = groups.slice(6);
  if (groups.slice(0, 6).join() === "0,0,0,0,0,65535") {
    return [high >> 8, high & 0xff, low >> 8, low & 0xff].join(".");
  }
  return groups
    .slice(0, 4)
    .map((group) => group.toString(16))
    .join(":");
}

/** The eight groups of an IPv6 address. The URL parser knows every way to write one. */
function groupsOf(address: string): readonly number[] {
  const [before = [], after = []] = new URL(`http://[${address}]`).hostname
    .slice(1, -1)
    .split("::")
    .map((part) =>
      part
        .split(":")
        .filter((group) => group !== "")
        .map((group) => Number.parseInt(group, 16)),
    );
  return [...before, ...new Array<number>(8 - before.length - after.length).fill(0), ...after];
}
