import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { Redis } from "ioredis";

export interface RedisCommandsOptions {
  /** redis: or rediss:, with user and password where there are some, and the number of a database as its path. */
  readonly url: URL;
  /** Called each time when a connection can be used. */
  readonly onReady?: () => void;
}

/** A Lua script that runs in the server. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

/** One connection to a Redis or Valkey server that is kept up in the background. */
export interface RedisCommands {
  readonly isReachable: boolean;
  /** Runs a script. Throws a {@link RedisFailure} where no answer came in time, or an error. */
  run(script: Script, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** The server's `maxmemory-policy`; undefined where it does not tell. */
  evictionPolicy(): Promise<string | undefined>;
  close(): void;
}

/** Why a command failed. Its `code` is what may be shown: the server's word for it, or a code of ours or Node's. */
export class RedisFailure extends Error {
  override readonly name = "RedisFailure";
  readonly code: string;

  constructor(code: string, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
  }
}

/** A call must not wait longer for a server that answers in under one, in milliseconds. */
const commandTimeoutMs = 100;
/** A connection that is silent for so long is given up, with all that waits for it. */
const silenceMs = 1_000;
const reconnectMsMax = 2_000;

export function createScript(text: string): Script {
  return { text, digest: createHash("sha1").update(text).digest("hex") };
}

/**
 * A command is sent once, or not at all: without a connection it fails at once,
 * and when one breaks, those under way fail and are not sent again. (By default,
 * ioredis does both, and counts twice.)
 */
export function connectRedis({ url, onReady }: RedisCommandsOptions): RedisCommands {
  let lastError: unknown;
  const host = url.hostname.replace(/^\[(.*)\]$/, "$1");
  const redis = new Redis({
    host,
    port: url.port === "" ? 6379 : Number(url.port),
    db: Number(url.pathname.slice(1)),
    ...(url.username === "" ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === "" ? {} : { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    connectionName: "verigate",
    commandTimeout: commandTimeoutMs,
    connectTimeout: silenceMs,
    socketTimeout: silenceMs,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(50 * 2 ** Math.min(times, 10), reconnectMsMax),
  });
  // What goes wrong with the connection becomes the cause of the commands that fail for it.
  redis.on("error", (error: unknown) => {
    lastError = error;
  });
  redis.on("ready", () => {
    lastError = undefined;
    onReady?.();
  });

  async function send<Reply>(command: () => Promise<Reply>): Promise<Reply> {
    if (redis.status !== "ready") {
      throw new RedisFailure("NOT_CONNECTED", lastError === undefined ? {} : { cause: failureFrom(lastError) });
    }
    try {
      return await command();
    } catch (error) {
      throw failureFrom(error);
    }
  }

  return {
    get isReachable() {
      return redis.status === "ready";
    },
    async run({ text, digest }, keys, args) {
      try {
        return await send(() => redis.evalsha(digest, keys.length, ...keys, ...args));
      } catch (error) {
        // It did not run, because the server does not know it yet.
        if (error instanceof RedisFailure && error.code === "NOSCRIPT") {
          return await send(() => redis.eval(text, keys.length, ...keys, ...args));
        }
        throw error;
      }
    },
    async evictionPolicy() {
      const info = await send(() => redis.info("memory"));
      return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    },
    close: () => redis.disconnect(),
  };
}

/** A server's error starts with a word that names it; the rest may quote what it is about, and is left out. */
function failureFrom(error: unknown): RedisFailure {
  if (!(error instanceof Error)) {
    return new RedisFailure("UNKNOWN");
  }
  if ("code" in error && typeof error.code === "string") {
    return new RedisFailure(error.code);
  }
  if (error.name === "ReplyError") {
    return new RedisFailure(/^[A-Z]+\b/.exec(error.message)?.[0] ?? "ERR");
  }
  return new RedisFailure(error.message === "Command timed out" ? "TIMED_OUT" : "CONNECTION_LOST");
}
