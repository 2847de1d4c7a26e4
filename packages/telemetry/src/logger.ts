import { type DestinationStream, pino } from "pino";

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

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Default: JSON lines on standard output. */
  readonly destination?: DestinationStream;
}

export function createLogger({ level, destination = pino.destination({ fd: 1, sync: true }) }: LoggerOptions): Logger {
  const log = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: levelName, log: onlyListed },
    },
    destination,
  );
  return { log: (at, message, fields = {}) => log[at](fields, message) };
}

function onlyListed(fields: LogFields): Record<string, unknown> {
  const listed: Record<string, unknown> = {};
  for (const name of fieldNames) {
    if (fields[name] !== undefined) {
      listed[name] = fields[name];
    }
  }
  return listed;
}

/** Readable lines where standard output is a terminal, JSON lines elsewhere. */
export async function standardOutput(): Promise<DestinationStream> {
  if (!process.stdout.isTTY) {
    return pino.destination({ fd: 1, sync: true });
  }
  // Loaded only for people: it takes memory that no sidecar has to spare.
  const { default: pretty } = await import("pino-pretty");
  return pretty({ singleLine: true });
}

function levelName(label: string): object {
  return { level: label };
}
