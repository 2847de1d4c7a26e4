import { isIPv4 } from "node:net";

/** Where a gateway listens, taken apart. */
export interface Address {
  /** Scheme and authority of every request: `https://verigate.internal:8443`. */
  readonly baseUrl: string;
  /** The Unix socket to connect to, where the address names one. */
  readonly socketPath: string | undefined;
  readonly isTls: boolean;
  /** Whether nobody else can read along: TLS, a Unix socket, or this machine's loopback. */
  readonly isPrivate: boolean;
}

const forms = `"http://host:port", "https://host:port" or "unix:/path"`;
/** Linux keeps 108 bytes for the path of a socket, the last of which is 0; macOS 104. */
const socketPathBytesMax: number = process.platform === "darwin" ? 103 : 107;

/**
 * Parses `http://host[:port]` (HTTP/2 in clear text), `https://host[:port]` and
 * `unix:/absolute/path` (also `unix:///absolute/path`, as gRPC spells it).
 *
 * Throws a TypeError for anything else: a path, a query or credentials in a URL
 * would be lost silently. The message does not repeat the address, which may
 * hold a password by mistake.
 */
export function parseAddress(text: string): Address {
  return text.startsWith("unix:") ? parseUnix(text.slice("unix:".length)) : parseUrl(text);
}

function parseUnix(rest: string): Address {
  const socketPath = rest.startsWith("///") ? rest.slice(2) : rest;
  if (!socketPath.startsWith("/") || socketPath.startsWith("//")) {
    throw new TypeError(`address: the path of a Unix socket must be absolute, as in "unix:/run/verigate.sock"`);
  }
  if (socketPath.includes("\0")) throw new TypeError("address: the path of a Unix socket can't hold a NUL character");
  if (Buffer.byteLength(socketPath) > socketPathBytesMax) {
    throw new TypeError(`address: the path of a Unix socket can't be longer than ${socketPathBytesMax} bytes`);
  }
  return { baseUrl: "http://localhost", socketPath, isTls: false, isPrivate: true };
}

function parseUrl(text: string): Address {
  if (!URL.canParse(text)) throw new TypeError(`address must be ${forms}`);
  const url = new URL(text);
  if (url.protocol !== "http:" && url.protocol !== "https:") throw new TypeError(`address must be ${forms}`);
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("address can't hold a user name or password; use bearerToken or tls");
  }
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "") {
    throw new TypeError(`address must be ${forms}, without a path, query or fragment`);
  }
  const isTls = url.protocol === "https:";
  return { baseUrl: url.origin, socketPath: undefined, isTls, isPrivate: isTls || isLoopback(url.hostname) };
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || (isIPv4(hostname) && hostname.startsWith("127."));
}
