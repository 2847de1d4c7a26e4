import type { SpanExporter } from "@opentelemetry/sdk-trace";
import { causeOf } from "./describe-error.ts";
import type { Logger } from "./logger.ts";

/**
 * Says once when spans can't be delivered, and once when they can again. What
 * the receiver said stays out of the log.
 */
export function reportingExporter(exporter: SpanExporter, logger: Logger): SpanExporter {
  let isFailing = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const hasFailed = result.error !== undefined || result.code !== 0;
        if (hasFailed && !isFailing) {
          logger.log("warn", "traces can't be delivered", causeOf(result.error));
        } else if (!hasFailed && isFailing) {
          logger.log("info", "traces are delivered again");
        }
        isFailing = hasFailed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
    shutdown: () => exporter.shutdown(),
  };
}
