import { parseListenAddress } from "@verigate/rpc-server";
import { logLevels, serviceIdsMax } from "@verigate/telemetry";
import { callerSettings } from "./caller-settings.ts";
import { limitSettings } from "./limit-settings.ts";
import {
  auditDestinationFrom,
  authoritiesFrom,
  booleanFrom,
  durationOf,
  fileFrom,
  headerTextFrom,
  hostNameFrom,
  httpUrlFrom,
  integerOf,
  keyFrom,
  listOf,
  listOfAtMost,
  oneOf,
  originFrom,
  proxyUrlFrom,
  redisUrlFrom,
  serviceIdFrom,
  usernameFrom,
} from "./parsers.ts";
import { traceSettings } from "./trace-settings.ts";

/** One environment variable. */
export interface Setting<Value> {
  /** What may be written there, for the documentation. */
  readonly shape: string;
  /** What counts where it is not set, as it would be written; undefined where nothing does. */
  readonly default: string | undefined;
  readonly meaning: string;
  readonly parse: (text: string) => Value;
  /** A secret is masked wherever it is shown, and may stand in a file that `<NAME>_FILE` names. */
  readonly isSecret?: true;
}

const anyDuration = durationOf(0);
const timeout = durationOf(1);

/**
 * Every setting that the gateway knows, in the order in which they are
 * documented. docs/settings.md is generated from it.
 */
export const settings = {
  VERIGATE_LISTEN: {
    shape: "comma list of `host:port` and `unix:/path`",
    default: "127.0.0.1:8080",
    meaning:
      "Where callers connect: gRPC, gRPC-Web and Connect, HTTP/1.1 and HTTP/2. Beyond loopback it needs " +
      "VERIGATE_KEYS_FILE, VERIGATE_JWT_JWKS, VERIGATE_TLS_CLIENT_CA_FILE or VERIGATE_ALLOW_UNAUTHENTICATED=true. A " +
      "Unix socket has mode 0660.",
    parse: listOf(parseListenAddress),
  },
  VERIGATE_ADMIN_LISTEN: {
    shape: "`host:port`, `unix:/path` or `off`",
    default: "127.0.0.1:8081",
    meaning: "Where /livez, /readyz and /metrics are served, and nothing else. Read-only; may be beyond loopback.",
    parse: (text: string) => (text === "off" ? undefined : parseListenAddress(text)),
  },
  VERIGATE_TLS_CERT_FILE: {
    shape: "path",
    default: undefined,
    meaning: "Certificate chain in PEM. With it and the key, TCP listeners speak TLS only. Re-read when it changes.",
    parse: fileFrom,
  },
  VERIGATE_TLS_KEY_FILE: {
    shape: "path",
    default: undefined,
    meaning: "The certificate's private key in PEM. Re-read when it changes.",
    parse: fileFrom,
  },
  VERIGATE_TLS_CLIENT_CA_FILE: {
    shape: "path",
    default: undefined,
    meaning:
      "Certificate authorities in PEM. With it, a TCP caller must show a certificate of one of them, but for trusted " +
      "listeners. Re-read when it changes.",
    parse: authoritiesFrom,
  },
  ...callerSettings,
  VERIGATE_ALLOW_UNAUTHENTICATED: {
    shape: "`true` or `false`",
    default: "false",
    meaning: "Lets listeners beyond loopback take calls from anybody who reaches them.",
    parse: booleanFrom,
  },
  VERIGATE_HOST_NAMES: {
    shape: "comma list of host names, or `*`",
    default: undefined,
    meaning:
      "Names by which TCP listeners without authentication may be called, besides localhost, this machine's name and any IP " +
      "address. Others are refused, because a web page could make its own name resolve here (DNS rebinding).",
    parse: listOf(hostNameFrom),
  },
  VERIGATE_CORS_ORIGINS: {
    shape: "comma list of origins",
    default: undefined,
    meaning: "Web pages that may call. Without it, a request with an Origin is refused.",
    parse: listOf(originFrom),
  },
  VERIGATE_UPSTREAM_URL: {
    shape: "URL",
    default: "https://api.verigator.com",
    meaning:
      "The Verigator API, or any server that speaks it. http beyond loopback needs VERIGATE_ALLOW_PLAINTEXT_UPSTREAM.",
    parse: httpUrlFrom,
  },
  VERIGATE_UPSTREAM_CA_FILE: {
    shape: "path",
    default: undefined,
    meaning:
      "Certificate authorities in PEM to trust for the upstream, instead of the system's. Re-read when it changes.",
    parse: authoritiesFrom,
  },
  VERIGATE_ALLOW_PLAINTEXT_UPSTREAM: {
    shape: "`true` or `false`",
    default: "false",
    meaning: "Lets the account's password and users' PINs travel unencrypted beyond this machine.",
    parse: booleanFrom,
  },
  HTTPS_PROXY: {
    shape: "URL",
    default: undefined,
    meaning:
      "The proxy by which an https upstream, and VERIGATE_JWT_JWKS, is reached, through a tunnel that it can't look into.",
    parse: proxyUrlFrom,
    isSecret: true,
  },
  NO_PROXY: {
    shape: "comma list of hosts",
    default: undefined,
    meaning: "Hosts that are reached without the proxy: names, `.suffixes`, `host:port`, or `*`.",
    parse: (text: string) => text,
  },
  MESSENTE_API_USERNAME: {
    shape: "text without a colon",
    default: undefined,
    meaning: "The account at Messente. Required.",
    parse: usernameFrom,
    isSecret: true,
  },
  MESSENTE_API_PASSWORD: {
    shape: "text",
    default: undefined,
    meaning: "The account's password. Required.",
    parse: headerTextFrom,
    isSecret: true,
  },
  VERIGATE_DEFAULT_DEADLINE: {
    shape: "duration",
    default: "10s",
    meaning: "The deadline of a call that brings none.",
    parse: timeout,
  },
  VERIGATE_MAX_DEADLINE: {
    shape: "duration",
    default: "60s",
    meaning: "A longer deadline of a call is cut to this.",
    parse: timeout,
  },
  VERIGATE_ATTEMPT_TIMEOUT: {
    shape: "duration",
    default: "1500ms",
    meaning: "How long one request upstream may take that is safe to repeat.",
    parse: timeout,
  },
  VERIGATE_LIST_ATTEMPT_TIMEOUT: {
    shape: "duration",
    default: "10s",
    meaning: "The same for a list of users, which come all at once: 100,000 are 12 MiB.",
    parse: timeout,
  },
  VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: {
    shape: "duration",
    default: "15s",
    meaning:
      "How long one request upstream may take that is not safe to repeat: creating, sending a PIN, checking a PIN. " +
      "Giving it up early only makes unknown outcomes.",
    // Far below the 10 minutes for which a PIN's request_id is kept.
    parse: durationOf(1, 5 * 60_000),
  },
  VERIGATE_RETRY_ATTEMPTS: {
    shape: "1 to 10",
    default: "3",
    meaning: "How often a request that is safe to repeat is tried in all.",
    parse: integerOf(1, 10),
  },
  VERIGATE_UPSTREAM_CONCURRENCY: {
    shape: "2 to 10000",
    default: "256",
    meaning:
      "The most requests upstream in flight, and connections to it. Authentication always has half of them, user lists " +
      "never more than two; a few more wait a moment, the rest is refused as OVERLOADED.",
    parse: integerOf(2, 10_000),
  },
  VERIGATE_UPSTREAM_RPS: {
    shape: "0 to 100000",
    default: "150",
    meaning:
      "Requests upstream per second, of all replicas together where they share VERIGATE_REDIS_URL, else of each; bursts " +
      "wait a moment. Messente allows 150 per address. 0 is no limit.",
    parse: integerOf(0, 100_000),
  },
  VERIGATE_BREAKER_ERROR_PERCENT: {
    shape: "0 to 100",
    default: "50",
    meaning:
      "The share of upstream failures from which on calls are refused at once as UPSTREAM_CIRCUIT_OPEN. 0 turns that off.",
    parse: integerOf(0, 100),
  },
  VERIGATE_BREAKER_MIN_CALLS: {
    shape: "1 to 100000",
    default: "20",
    meaning: "With fewer answers in the window, calls are not refused.",
    parse: integerOf(1, 100_000),
  },
  VERIGATE_BREAKER_WINDOW: {
    shape: "duration",
    default: "10s",
    meaning: "How far back failures count.",
    parse: durationOf(100),
  },
  VERIGATE_BREAKER_OPEN: {
    shape: "duration",
    default: "5s",
    meaning: "How long calls are refused before one is let through as a probe.",
    parse: durationOf(100),
  },
  VERIGATE_REDIS_URL: {
    shape: "`redis://` or `rediss://` URL",
    default: undefined,
    meaning:
      "A Redis or Valkey server for the state that replicas share. Without it, each process knows only the request_ids " +
      "that it met itself, and none after a restart. Its certificate is checked against Node's authorities, and those in " +
      "the file that NODE_EXTRA_CA_CERTS names.",
    parse: redisUrlFrom,
    isSecret: true,
  },
  VERIGATE_REDIS_WAIT_REPLICAS: {
    shape: "0 to 8",
    default: "0",
    meaning:
      "How many replicas of the Redis server must have a new request_id before the call is carried out, so that a " +
      "failover does not forget it; where they don't have it in time, VERIGATE_STORE_FAILURE decides. 0 waits for none.",
    parse: integerOf(0, 8),
  },
  VERIGATE_REPLICATED: {
    shape: "`true` or `false`",
    default: "false",
    meaning: "Says that there are several replicas, which makes a missing VERIGATE_REDIS_URL a mistake.",
    parse: booleanFrom,
  },
  VERIGATE_HASH_KEY: {
    shape: "comma list of keys of 32 bytes or more, in base64",
    default: undefined,
    meaning:
      "What stands for request_ids, PINs and other subjects in the store is hashed with it. The first one writes, all " +
      "read. Required with VERIGATE_REDIS_URL, and the same in all replicas; without it, random in each process.",
    parse: listOf(keyFrom),
    isSecret: true,
  },
  VERIGATE_STORE_FAILURE: {
    shape: "`reject` or `allow`",
    default: "reject",
    meaning:
      "What becomes of a call with a request_id, and of one that limits count, while the store can't be asked: " +
      "STORE_UNAVAILABLE, or it runs unprotected: a repeat runs again, and nothing is counted.",
    parse: oneOf("reject", "allow"),
  },
  ...limitSettings,
  VERIGATE_DRAIN_DELAY: {
    shape: "duration",
    default: "0s",
    meaning:
      "After SIGTERM, how long calls are still accepted while load balancers learn that this process is leaving.",
    parse: anyDuration,
  },
  VERIGATE_DRAIN_TIMEOUT: {
    shape: "duration",
    default: "20s",
    meaning: "After that, how long calls in flight may take to finish.",
    parse: anyDuration,
  },
  VERIGATE_MAX_CONNECTION_AGE: {
    shape: "duration",
    default: "0",
    meaning:
      "How old a connection gets, give or take a tenth, before it ends after its calls in flight. So new replicas get " +
      "their share, and callers show their certificates again. 0 is no limit.",
    parse: anyDuration,
  },
  VERIGATE_REFLECTION: {
    shape: "`true` or `false`",
    default: "false",
    meaning: "Serves grpc.reflection.v1, so that tools can call without the .proto files.",
    parse: booleanFrom,
  },
  VERIGATE_LEAN_DOOR: {
    shape: "`true` or `false`",
    default: "true",
    meaning:
      "Serves ordinary calls of gRPC and Connect by a path of its own that takes less CPU. `false` has the Connect router serve all of them: a way out, should the two ever differ.",
    parse: booleanFrom,
  },
  VERIGATE_LOG_LEVEL: {
    shape: logLevels.map((level) => `\`${level}\``).join(", "),
    default: "info",
    meaning: "Log lines below this level are not written. One line per RPC is `info`, of health checks `debug`.",
    parse: oneOf(...logLevels),
  },
  VERIGATE_METRICS_SERVICES: {
    shape: `comma list of at most ${serviceIdsMax} service ids`,
    default: undefined,
    meaning: "Services that the metrics of authentications tell apart; all others count as `other`.",
    parse: listOfAtMost(serviceIdsMax, serviceIdFrom),
  },
  ...traceSettings,
  VERIGATE_AUDIT_LOG: {
    shape: "`off`, `stdout` or a file's absolute path",
    default: "off",
    meaning:
      "Where decisions about callers and limits are written, one JSON line each. The file may be rotated away at any time. " +
      "See docs/operating.md.",
    parse: auditDestinationFrom,
  },
  VERIGATE_UNKNOWN_SETTINGS: {
    shape: "`error` or `warn`",
    default: "error",
    meaning: "What an unknown name that starts with VERIGATE_ is: a mistake, or a warning.",
    parse: oneOf("error", "warn"),
  },
} as const satisfies Readonly<Record<string, Setting<unknown>>>;

export type SettingName = keyof typeof settings;

/** The values of all settings; undefined where one is not set and has no default. */
export type SettingValues = {
  readonly [Name in SettingName]:
    | ReturnType<(typeof settings)[Name]["parse"]>
    | ((typeof settings)[Name]["default"] extends string ? never : undefined);
};
