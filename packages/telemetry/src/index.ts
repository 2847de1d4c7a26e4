export { describeError, stackOf } from "./describe-error.ts";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  logLevels,
  standardOutput,
} from "./logger.ts";
export { createMetrics, type Metrics, type RpcLabels } from "./metrics.ts";
