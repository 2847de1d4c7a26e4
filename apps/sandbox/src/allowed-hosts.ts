/**
 * Decides by its Host header whether a request meant this server. A page on a
 * name that was made to resolve to this machine (DNS rebinding) is a browser's
 * same origin, and is known by that name alone.
 */
export type IsHostAllowed = (hostHeader: string | undefined) => boolean;

/** Allows `localhost` and names under it (RFC 6761, section 6.3), the loopback addresses and `hostNames`, with any port. */
export function createAllowedHosts(hostNames: readonly string[]): IsHostAllowed {
  const allowed = new Set(["localhost", "127.0.0.1", "[::1]", ...hostNames.map(hostFromName)]);
  return (hostHeader) => {
    const host = hostHeader?.toLowerCase().replace(/:\d+$/, "") ?? "";
    return allowed.has(host) || host.endsWith(".localhost");
  };
}

/** Whether a server bound to that name or address is reached from this machine only. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** A name or address as it stands in a URL. */
export function hostFromName(name: string): string {
  return name.includes(":") ? `[${name.toLowerCase()}]` : name.toLowerCase();
}
