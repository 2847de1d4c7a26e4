export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Every field that a log line may have. A field that is not here is not logged,
 * so nothing gets into a log because somebody passed an object along.
 */
export interface LogFields {
  readonly service?: string;
  readonly method?: string;
  readonly protocol?: string;
  readonly listener?: string;
  /** Who asked. */
  readonly caller?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly durationMs?: number;
  /** Requests that were started upstream. */
  readonly attempts?: number;
  /** How many calls the line stands for, of which it is about the last; one, where it does not say. */
  readonly times?: number;
  /** Only where it is a UUID: any other text could be anything. */
  readonly requestId?: string;
  /** 32 hexadecimal digits. */
  readonly traceId?: string;
  /** Why, of a failure: a name and a code, never a message, which may quote what it is about. */
  readonly cause?: string;
  /** Where, of a bug of ours. */
  readonly stack?: string;
  readonly address?: string;
  readonly setting?: string;
  /** What is wrong with a file that was to be reloaded, by lines; whoever finds it sees to it that it quotes no secret. */
  readonly mistakes?: string;
}

/** The same list for what the types let through. */
const fieldNames = Object.keys({
  service: 0,
  method: 0,
  protocol: 0,
  listener: 0,
  caller: 0,
  code: 0,
  reason: 0,
  owner: 0,
  durationMs: 0,
  attempts: 0,
  times: 0,
  requestId: 0,
  traceId: 0,
  cause: 0,
  stack: 0,
  address: 0,
  setting: 0,
  mistakes: 0,
} satisfies Record<keyof LogFields, 0>) as readonly (keyof LogFields)[];

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

function lineOf(level: LogLevel, msg: string, fields: LogFields): string {
  const line: Record<string, unknown> = { level, time: new Date().toISOString() };
  for (const name of fieldNames) {
    const value = fields[name];
    if (value !== undefined) {
      line[name] = value;
    }
  }
  line.msg = msg;
  return `${JSON.stringify(line)}\n`;
}
