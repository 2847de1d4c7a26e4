import { type DestinationStream, pino } from "pino";

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * Every field that a log line may have. A field that is not here can't be
 * logged, so nothing gets into a log because somebody passed an object along.
 */
export interface LogFields {
  readonly service?: string;
  readonly method?: string;
  readonly protocol?: string;
  readonly listener?: string;
  readonly code?: string;
  readonly reason?: string;
  readonly owner?: string;
  readonly durationMs?: number;
  /** Requests that were started upstream. */
  readonly attempts?: number;
  /** Why, of a failure: a name and a code, never a message, which may quote what it is about. */
  readonly cause?: string;
  /** Where, of a bug of ours. */
  readonly stack?: string;
  readonly address?: string;
  readonly setting?: string;
}

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
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: levelName } },
    destination,
  );
  return { log: (at, message, fields = {}) => log[at](fields, message) };
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
