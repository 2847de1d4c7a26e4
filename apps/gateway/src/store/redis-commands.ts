import { createHash } from "node:crypto";
import { isIP } from "node:net";
import { Redis } from "ioredis";
import { inBatches } from "./in-batches.ts";

export interface RedisCommandsOptions {
  /** redis: or rediss:, with user and password where there are some, and the number of a database as its path. */
  readonly url: URL;
  /** How long an answer may take, in milliseconds. Default: 100, where one under 1 is usual, because calls wait for it. */
  readonly commandTimeoutMs?: number;
  /** Called each time when a connection can be used. */
  readonly onReady?: () => void;
  /** Called each time when no connection can be had. */
  readonly onTrouble?: (failure: RedisFailure) => void;
}

/** A Lua script that runs in the server. */
export interface Script {
  readonly text: string;
  readonly digest: string;
}

export interface ScriptRun {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

/** One connection to a Redis or Valkey server that is kept up in the background. */
export interface RedisCommands {
  readonly isReachable: boolean;
  /**
   * Runs a script. Throws a {@link RedisFailure} where no answer came in time, or
   * an error. `onSent` is called each time when it has been sent: a second time
   * where the server had forgotten the script, and so did not run it.
   */
  run(run: ScriptRun, onSent?: () => void): Promise<unknown>;
  /**
   * How many replicas have all that was sent before; waits a moment for as many
   * as `wanted`. Whatever is sent by this connection meanwhile has to wait too.
   */
  acknowledgements(wanted: number): Promise<number>;
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
export function connectRedis(options: RedisCommandsOptions): RedisCommands {
  const { url, commandTimeoutMs = 100, onReady, onTrouble } = options;
  // Half, so that two fit. An idle server may take longer, since it looks at such time-outs ten times a second.
  const replicaWaitMs = commandTimeoutMs / 2;
  let lastFailure: RedisFailure | undefined;
  let [wasReady, isClosed] = [false, false];
  /** Digests of scripts that the server knows, if it is still the same and was not told to forget them. */
  const knownScripts = new Set<string>();
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
    // A primary that became a replica: after a failover, the address leads elsewhere. Connects again, and sends nothing again.
    reconnectOnError: ({ message }) => message.includes("READONLY"),
  });
  // What goes wrong with the connection becomes the cause of the commands that fail for it.
  redis.on("error", (error: unknown) => {
    lastFailure = failureFrom(error);
  });
  redis.on("close", () => {
    // One that breaks is no trouble yet: the next may be had at once.
    if (!wasReady && !isClosed) {
      onTrouble?.(lastFailure ?? new RedisFailure("CONNECTION_LOST"));
    }
    wasReady = false;
  });
  redis.on("ready", () => {
    wasReady = true;
    lastFailure = undefined;
    knownScripts.clear();
    onReady?.();
  });

  async function send<Reply>(command: () => Promise<Reply>): Promise<Reply> {
    if (redis.status !== "ready") {
      throw new RedisFailure("NOT_CONNECTED", { cause: lastFailure });
    }
    try {
      return await command();
    } catch (error) {
      throw failureFrom(error);
    }
  }

  /**
   * WAIT blocks the connection, and is about what this connection wrote: so it
   * can't be sent by another one, and one for each script would let through no
   * more scripts than there are round trips to a replica. All that is written
   * while one is under way shares the next.
   */
  const wait = inBatches(async (wanted: readonly number[]) => {
    const acknowledged = await send(() => redis.wait(Math.max(...wanted), replicaWaitMs));
    return wanted.map(() => acknowledged);
  });

  return {
    get isReachable() {
      return redis.status === "ready";
    },
    async run({ script: { text, digest }, keys, args }, onSent = () => {}) {
      const sent = (reply: Promise<unknown>) => {
        onSent();
        return reply;
      };
      if (knownScripts.has(digest)) {
        try {
          return await send(() => sent(redis.evalsha(digest, keys.length, ...keys, ...args)));
        } catch (error) {
          // Forgotten by the server, and so not run.
          if (!(error instanceof RedisFailure) || error.code !== "NOSCRIPT") {
            throw error;
          }
        }
      }
      const reply = await send(() => sent(redis.eval(text, keys.length, ...keys, ...args)));
      knownScripts.add(digest);
      return reply;
    },
    acknowledgements: (wanted) => wait(wanted),
    async evictionPolicy() {
      const info = await send(() => redis.info("memory"));
      return /^maxmemory_policy:(\S+)/m.exec(info)?.[1];
    },
    close() {
      isClosed = true;
      redis.disconnect();
    },
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
