import { Code, ConnectError, type Interceptor } from "@connectrpc/connect";

/** A token, or what supplies one for each call. */
export type BearerToken = string | (() => string | Promise<string>);

/** RFC 6750, section 2.1: b64token. */
const tokenPattern = /^[A-Za-z0-9\-._~+/]+=*$/;

/** Throws a TypeError for a token that can't stand in a header. The message does not repeat it. */
export function assertToken(token: string): void {
  if (typeof token !== "string" || !tokenPattern.test(token)) {
    throw new TypeError("the bearer token is empty or has characters that RFC 6750 does not allow");
  }
}

/**
 * Sends a bearer token with every call that has no Authorization header of its own.
 *
 * A supplier that throws, hands out an impossible token, or outlives the call's
 * deadline ends the call before anything is sent.
 */
export function authorize(source: BearerToken): Interceptor {
  return (next) => async (req) => {
    if (!req.header.has("authorization")) {
      req.header.set("authorization", `Bearer ${await tokenFrom(source, req.signal)}`);
    }
    return next(req);
  };
}

async function tokenFrom(source: BearerToken, signal: AbortSignal): Promise<string> {
  if (typeof source === "string") return source;
  signal.throwIfAborted();
  // The signal belongs to this call and is aborted when the call ends, so the listener does not outlive it.
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
  const supplied = async () => {
    const token = await source();
    assertToken(token);
    return token;
  };
  try {
    return await Promise.race([supplied(), aborted]);
  } catch (cause) {
    throw new ConnectError("no bearer token was supplied", Code.Unauthenticated, undefined, undefined, cause);
  }
}
