export { createTracing } from "./create-tracing.ts";
export { causeOf, describeError, stackOf } from "./describe-error.ts";
export {
  createLogger,
  type LogFields,
  type Logger,
  type LoggerOptions,
  type LogLevel,
  logLevels,
} from "./logger.ts";
export type { AuthFailure, Credential, WatchedSecret } from "./metrics/access-metrics.ts";
export type { VerificationOutcome } from "./metrics/auth-metrics.ts";
export { type MetricGroup, metricsCatalogue } from "./metrics/catalogue.ts";
export { countryCodes } from "./metrics/country-codes.ts";
export { formatFromAccept } from "./metrics/format-from-accept.ts";
export { serviceIdsMax } from "./metrics/label-sets.ts";
export {
  type LimitDecisionName,
  type LimitMetrics,
  type LimitName,
  limitNames,
  type SendThreshold,
  sendThresholds,
} from "./metrics/limit-metrics.ts";
export type { LabelSet, MetricEntry } from "./metrics/metric-entry.ts";
export { createMetrics, type Metrics, type MetricsOptions } from "./metrics/metrics.ts";
export type { CertificateName } from "./metrics/process-metrics.ts";
export type { RequestIdResult } from "./metrics/rpc-metrics.ts";
export type { AttemptOutcome, UserListResult } from "./metrics/upstream-metrics.ts";
export { type StandardOutput, standardOutput } from "./standard-output.ts";
export { type TraceParent, traceParentFromHeader } from "./trace-parent.ts";
export { type AttemptSpan, type RpcSpan, samplerNames, type Tracing, type TracingOptions } from "./tracing.ts";
