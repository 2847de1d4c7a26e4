import { Code } from "@connectrpc/connect";
import { type Clock, type Fault, faultFromError, type Layer, unknownCaller } from "@verigate/call";
import { nameOfReason } from "@verigate/contract";
import { errorCatalogue, type HttpCall, type Outcome, type Reply } from "@verigate/rpc-server";
import { causeOf, type LogFields, type Logger, type Metrics, stackOf } from "@verigate/telemetry";
import { createRefusalLines } from "../callers/refusal-lines.ts";

export interface ReportOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
}

export interface Report {
  readonly layer: Layer<HttpCall, Reply>;
  /** Writes the lines about refusals that have been counted and not been told yet. */
  flush(): void;
}

/** What is asked every few seconds by machines, and would drown the rest of a log. */
const quietService = "grpc.health.v1.Health";

/**
 * Counts every call, and writes one line about it when it has ended. Of calls that
 * were refused before anybody knew who made them, only some have a line each: a
 * stranger could fill the disk.
 */
export function createReport({ clock, logger, metrics }: ReportOptions): Report {
  const refusals = createRefusalLines<LogFields>({
    clock,
    write: (fields, times) => logger.log("info", "rpc", times === 1 ? fields : { ...fields, times }),
  });
  return {
    flush: refusals.flush,
    layer: (next) => (call) => {
      metrics.rpcStarted(call);
      return next(call).then((reply) => told(call, reply));
    },
  };

  function told(call: HttpCall, reply: Reply): Reply {
    if (reply.kind === "whole") {
      done(call, reply.outcome);
    } else {
      reply.outcome.then(
        (outcome) => done(call, outcome),
        (error) => done(call, { code: Code.Internal, fault: faultFromError(error) }),
      );
    }
    return reply;
  }

  function done(call: HttpCall, { code, fault }: Outcome): void {
    const durationMs = clock.nowMs() - call.startedAtMs;
    const codeName = code === 0 ? "OK" : Code[code];
    metrics.rpcHandled(call, {
      code: codeName,
      durationMs,
      // A link to a trace that is not recorded leads nowhere.
      traceId: call.progress.isTraceSampled ? call.progress.traceId : undefined,
      error:
        fault === undefined
          ? undefined
          : { reason: nameOfReason(errorCatalogue[fault.kind].reason), owner: fault.owner },
    });
    const ofAll = {
      service: call.service,
      method: call.method,
      protocol: call.protocol,
      listener: call.peer.listener,
      caller: call.progress.caller,
      code: codeName,
      durationMs: Math.round(durationMs * 1_000) / 1_000,
      attempts: call.progress.attempts,
      requestId: call.progress.requestId,
      traceId: call.progress.traceId,
    };
    const fields = fault === undefined ? ofAll : { ...ofAll, ...fieldsOf(fault) };
    if (fault?.owner === "caller" && call.progress.caller === unknownCaller) {
      refusals.add(call.peer, fields);
      return;
    }
    const isQuiet = call.service === quietService && fault === undefined;
    logger.log(isQuiet ? "debug" : levelOf(fault), "rpc", fields);
  }
}

function fieldsOf(fault: Fault) {
  const stack = fault.kind === "gateway-bug" ? stackOf(fault.cause) : undefined;
  return {
    reason: nameOfReason(errorCatalogue[fault.kind].reason),
    owner: fault.owner,
    ...causeOf(fault.cause),
    ...(stack === undefined ? {} : { stack }),
  };
}

function levelOf(fault: Fault | undefined): "info" | "warn" | "error" {
  switch (fault?.owner) {
    case "gateway":
      return "error";
    case "upstream":
    case "capacity":
      return "warn";
    default:
      return "info";
  }
}
