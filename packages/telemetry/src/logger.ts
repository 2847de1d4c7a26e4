export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Every field that a log line may have. A field that is not here is not logged,
 * so nothing gets into a log because somebody passed an object along.
 */
export interface LogFields {
  readonly service?: string | undefined;
  readonly method?: string | undefined;
  readonly protocol?: string | undefined;
  readonly listener?: string | undefined;
  /** Who asked. */
  readonly caller?: string | undefined;
  readonly code?: string | undefined;
  readonly reason?: string | undefined;
  readonly owner?: string | undefined;
  readonly durationMs?: number | undefined;
  /** Requests that were started upstream. */
  readonly attempts?: number | undefined;
  /** How many calls the line stands for, of which it is about the last; one, where it does not say. */
  readonly times?: number | undefined;
  /** Only where it is a UUID: any other text could be anything. */
  readonly requestId?: string | undefined;
  /** 32 hexadecimal digits. */
  readonly traceId?: string | undefined;
  /** Why, of a failure: a name and a code, never a message, which may quote what it is about. */
  readonly cause?: string | undefined;
  /** Where, of a bug of ours. */
  readonly stack?: string | undefined;
  readonly address?: string | undefined;
  readonly setting?: string | undefined;
  /** What is wrong with a file that was to be reloaded, by lines; whoever finds it sees to it that it quotes no secret. */
  readonly mistakes?: string | undefined;
}

export interface Logger {
  log(level: Exclude<LogLevel, "silent">, message: string, fields?: LogFields): void;
}

/** Where lines go, each with its end. */
export interface LogDestination {
  write(text: string): void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  readonly destination: LogDestination;
}

/** Writes one JSON object a line: `level`, `time` (RFC 3339), the fields that are listed and have a value, `msg`. */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const rank = logLevels.indexOf(level);
  return {
    log(at, message, fields = {}) {
      if (logLevels.indexOf(at) >= rank) {
        destination.write(lineOf(at, message, fields));
      }
    },
  };
}

/** Listed once more: what the types let through is not written, and an object of one shape is written fastest. */
function lineOf(level: LogLevel, msg: string, fields: LogFields): string {
  const line = {
    level,
    time: timeNow(),
    service: fields.service,
    method: fields.method,
    protocol: fields.protocol,
    listener: fields.listener,
    caller: fields.caller,
    code: fields.code,
    reason: fields.reason,
    owner: fields.owner,
    durationMs: fields.durationMs,
    attempts: fields.attempts,
    times: fields.times,
    requestId: fields.requestId,
    traceId: fields.traceId,
    cause: fields.cause,
    stack: fields.stack,
    address: fields.address,
    setting: fields.setting,
    mistakes: fields.mistakes,
    msg,
  } satisfies Record<keyof LogFields | "level" | "time" | "msg", unknown>;
  return `${JSON.stringify(line)}\n`;
}

let latest = { ms: 0, text: "" };

/** RFC 3339, in UTC. A busy gateway writes several lines in a millisecond, and saying when costs as much as half a line. */
function timeNow(): string {
  const ms = Date.now();
  if (ms !== latest.ms) {
    latest = { ms, text: new Date(ms).toISOString() };
  }
  return latest.text;
}
