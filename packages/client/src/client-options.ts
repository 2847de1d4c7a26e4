import { X509Certificate } from "node:crypto";
import { createSecureContext, type SecureContextOptions } from "node:tls";
import { type Address, parseAddress } from "./address.ts";
import { assertToken, type BearerToken } from "./bearer-token.ts";

/** The protocols of a gateway. All of them run over HTTP/2 here, and behave alike. */
export type Protocol = "grpc" | "grpc-web" | "connect";

export interface TlsOptions {
  /** The authorities to trust instead of Node's own list, as PEM text. */
  readonly ca?: SecureContextOptions["ca"];
  /** The client's certificate for mutual TLS, as PEM text. Needs `key`. */
  readonly cert?: SecureContextOptions["cert"];
  /** The private key of `cert`, as PEM text. */
  readonly key?: SecureContextOptions["key"];
  /** The host name that the gateway's certificate must be for. Default: the host of `address`. */
  readonly serverName?: string;
}

export interface VerigateClientOptions {
  /**
   * Where the gateway listens: `http://host:port` (HTTP/2 in clear text),
   * `https://host:port`, or `unix:/path`.
   */
  readonly address: string;
  /** Default `grpc`. */
  readonly protocol?: Protocol;
  /**
   * The deadline of a call that names none by `timeoutMs`, in milliseconds.
   *
   * 1 to 2,147,483,647. Default 12,000, a little over what the gateway gives a
   * call without one. The gateway is told, and answers a slow call shortly before
   * the deadline, saying what became of it.
   */
  readonly defaultDeadlineMs?: number;
  /**
   * Sent as `Authorization: Bearer ...` with every call that has no such header
   * of its own. A function is asked before every call, within the call's deadline:
   * let it cache. Refused for an address that others could read along with.
   */
  readonly bearerToken?: BearerToken;
  /**
   * Sends the bearer token over `http://` to another host. For networks that
   * encrypt by themselves, such as a service mesh. Default false.
   */
  readonly allowPlaintextToken?: boolean;
  /** For `https://` only. Read once: a client is made anew to use new certificates. */
  readonly tls?: TlsOptions;
  /**
   * How long an answer may be silent, or a connection idle, before a PING asks
   * whether the gateway is still there, in milliseconds. At least 1. Default
   * 5,000: a call after a pause does not go into a connection that died
   * meanwhile, which would leave its outcome unknown.
   */
  readonly pingIntervalMs?: number;
  /** How long a PING may stay unanswered before the connection is given up, in milliseconds. At least 1. Default 3,000. */
  readonly pingTimeoutMs?: number;
}

/** Options that were checked, with defaults filled in. */
export interface ResolvedClientOptions {
  readonly address: Address;
  readonly protocol: Protocol;
  readonly defaultDeadlineMs: number;
  readonly bearerToken: BearerToken | undefined;
  readonly tls: TlsOptions | undefined;
  readonly pingIntervalMs: number;
  readonly pingTimeoutMs: number;
}

export const defaultDeadlineMs = 12_000;
/** What a timer of Node can hold: a longer one would fire at once. */
const timerMsMax = 2_147_483_647;
const protocols: readonly Protocol[] = ["grpc", "grpc-web", "connect"];

/** Checks options and fills in defaults. Throws a TypeError for the first mistake, without any secret in its text. */
export function resolveClientOptions(options: VerigateClientOptions): ResolvedClientOptions {
  const { address: addressText, protocol, defaultDeadlineMs: deadlineMs, bearerToken, ...others } = options;
  const { allowPlaintextToken, tls, pingIntervalMs, pingTimeoutMs, ...unknown } = others;
  for (const name of Object.keys(unknown)) throw new TypeError(`there is no option ${name}`);
  if (typeof addressText !== "string") throw new TypeError("address must be a string");
  const address = parseAddress(addressText);
  if (protocol !== undefined && !protocols.includes(protocol)) {
    throw new TypeError(`protocol must be one of ${protocols.join(", ")}`);
  }
  if (tls !== undefined) assertTls(tls, address);
  if (bearerToken !== undefined) {
    if (typeof bearerToken === "string") assertToken(bearerToken);
    else if (typeof bearerToken !== "function") throw new TypeError("bearerToken must be a string or a function");
    if (!address.isPrivate && allowPlaintextToken !== true) {
      throw new TypeError(
        "bearerToken would be sent in clear text to another host: use https:// or, in a network that encrypts by itself, allowPlaintextToken",
      );
    }
  }
  return {
    address,
    protocol: protocol ?? "grpc",
    defaultDeadlineMs: milliseconds("defaultDeadlineMs", deadlineMs, defaultDeadlineMs),
    bearerToken,
    tls,
    pingIntervalMs: milliseconds("pingIntervalMs", pingIntervalMs, 5_000),
    pingTimeoutMs: milliseconds("pingTimeoutMs", pingTimeoutMs, 3_000),
  };
}

function milliseconds(name: string, value: number | undefined, byDefault: number): number {
  if (value === undefined) return byDefault;
  if (!Number.isInteger(value) || value < 1 || value > timerMsMax) {
    throw new TypeError(`${name} must be a whole number of milliseconds from 1 to ${timerMsMax}`);
  }
  return value;
}

function assertTls(tls: TlsOptions, address: Address): void {
  if (!address.isTls) throw new TypeError("tls is for an address that starts with https://");
  const { ca, cert, key, serverName, ...unknown } = tls;
  for (const name of Object.keys(unknown)) throw new TypeError(`there is no option tls.${name}`);
  if ((cert === undefined) !== (key === undefined)) throw new TypeError("tls.cert and tls.key need each other");
  if (serverName === "") throw new TypeError("tls.serverName can't be empty");
  for (const [name, pem] of [
    ["ca", ca],
    ["cert", cert],
    ["key", key],
  ] as const) {
    if (pem !== undefined && !isPem(pem)) throw new TypeError(`tls.${name} must be PEM text, not the path of a file`);
  }
  try {
    createSecureContext({ ca, cert, key });
    // An authority that can't be read is left out silently, above.
    for (const one of [ca ?? []].flat()) new X509Certificate(one);
  } catch {
    throw new TypeError("tls: a certificate or key can't be read, or the key is not the certificate's");
  }
}

function isPem(pem: unknown): boolean {
  return Array.isArray(pem) ? pem.length > 0 && pem.every(isPem) : String(pem).includes("-----BEGIN ");
}
