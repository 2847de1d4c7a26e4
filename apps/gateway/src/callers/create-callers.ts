import type { Clock, Peer } from "@verigate/call";
import { causeOf, type Logger, type Metrics } from "@verigate/telemetry";
import { parsePolicy } from "../policy/parse-policy.ts";
import { createPolicy, type Policy } from "../policy/policy.ts";
import { reparsePolicy } from "../policy/reparse-policy.ts";
import type { Reloads } from "../reloads.ts";
import type { Config } from "../settings/config-from-env.ts";
import { type BearerKeys, parseBearerKeys } from "./bearer-keys.ts";
import { createFailedAttempts, type FailedAttempts } from "./failed-attempts.ts";
import { fetchJwks } from "./fetch-jwks.ts";
import { type KeySource, parseKeySet } from "./key-set.ts";
import { createRemoteKeys } from "./remote-keys.ts";
import { createTokenVerifier, type TokenVerifier } from "./token-verifier.ts";
import { trustedListeners } from "./trusted-listeners.ts";

export interface CallersOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "keysNotFetched">;
  readonly reloads: Reloads;
}

/** All that tells who calls, and what they may, as the settings say. */
export interface Callers {
  readonly isTrusted: (peer: Peer) => boolean;
  readonly keys: (() => BearerKeys) | undefined;
  readonly tokens: TokenVerifier | undefined;
  readonly failures: FailedAttempts;
  /** The policy as it is now; undefined where there is none, and everybody may do everything. */
  readonly policy: (() => Policy) | undefined;
  close(): void;
}

export function createCallers(options: CallersOptions): Callers {
  const { config, clock, reloads } = options;
  const { values } = config;
  const trusted = trustedListeners(values);
  const keySource = keySourceFrom(options);
  const { VERIGATE_JWT_ISSUER: issuer, VERIGATE_JWT_AUDIENCE: audience } = values;
  return {
    isTrusted: ({ listener }) => trusted.has(listener),
    keys: keysFrom(options),
    tokens:
      keySource === undefined || issuer === undefined || audience === undefined
        ? undefined
        : createTokenVerifier({ clock, issuer, audience, keys: keySource }),
    failures: createFailedAttempts({ clock, perMinute: values.VERIGATE_LIMIT_AUTH_FAILURES }),
    policy: policyFrom(values.VERIGATE_POLICY_FILE?.path, reloads),
    close: () => keySource?.close(),
  };
}

function keysFrom({ config, reloads }: CallersOptions): (() => BearerKeys) | undefined {
  const { VERIGATE_KEYS_FILE: file } = config.values;
  if (file === undefined) {
    return undefined;
  }
  const files = reloads.watch({
    secret: "keys",
    paths: [file.path],
    parse: ([bytes]) => parseBearerKeys(String(bytes)),
  });
  return () => files.current;
}

function policyFrom(path: string | undefined, reloads: Reloads): (() => Policy) | undefined {
  if (path === undefined) {
    return undefined;
  }
  const files = reloads.watch({
    secret: "policy",
    paths: [path],
    parse: ([bytes]) => createPolicy(parsePolicy(String(bytes))),
    parseAside: async ([bytes]) => createPolicy(await reparsePolicy(String(bytes))),
  });
  return () => files.current;
}

function keySourceFrom({ config, clock, logger, metrics, reloads }: CallersOptions): KeySource | undefined {
  const { values, readJwksToken } = config;
  const { VERIGATE_JWT_JWKS: jwks, HTTPS_PROXY: proxy } = values;
  if (jwks === undefined) {
    return undefined;
  }
  if (!(jwks instanceof URL)) {
    const files = reloads.watch({ secret: "jwks", paths: [jwks.path], parse: ([bytes]) => parseKeySet(String(bytes)) });
    return {
      get current() {
        return files.current;
      },
      refresh: async () => {},
      close() {},
    };
  }
  return createRemoteKeys({
    clock,
    fetch: () =>
      fetchJwks({
        url: jwks,
        caFile: values.VERIGATE_JWT_JWKS_CA_FILE?.path,
        readToken: readJwksToken,
        proxy: proxy === undefined ? undefined : { url: proxy, exceptions: values.NO_PROXY ?? "" },
      }),
    onFailure(error, isFirst) {
      metrics.keysNotFetched();
      if (isFirst) {
        logger.log("error", "the public keys of VERIGATE_JWT_JWKS can't be fetched", causeOf(error));
      }
    },
  });
}
