import { Counter, collectDefaultMetrics, Histogram, Registry } from "prom-client";

/** What the gateway counts. The names of the RPC metrics are those that gRPC dashboards know. */
export interface Metrics {
  /** A call has begun. */
  rpcStarted(rpc: RpcLabels): void;
  /** A call was answered, or its caller left; `code` is a name such as `NotFound`. */
  rpcHandled(rpc: RpcLabels, code: string, durationMs: number): void;
  /** A connection was refused before there was a request; `code` is Node's. */
  connectionRefused(code: string): void;
  /** The Prometheus text exposition, and its content type. */
  render(): Promise<{ readonly contentType: string; readonly text: string }>;
}

/** Which RPC. A method that does not exist has empty names, and all of them are one series. */
export interface RpcLabels {
  readonly service: string;
  readonly method: string;
  readonly isStreaming: boolean;
}

const rpcLabelNames = ["grpc_service", "grpc_method", "grpc_type"] as const;
/** From a fast answer upstream to the longest deadline. */
const secondsBuckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];
/** The codes that have a series of their own; all else is `other`, so that no client can make series. */
const refusalCodes = new Set([
  "HPE_HEADER_OVERFLOW",
  "HPE_INVALID_METHOD",
  "ERR_HTTP_REQUEST_TIMEOUT",
  "ERR_HTTP2_ERROR",
  "ERR_HTTP2_HEADER_OVERFLOW",
  "ERR_HTTP_PIPELINE",
  "ECONNRESET",
]);

export function createMetrics(): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const started = new Counter({
    name: "grpc_server_started_total",
    help: "RPCs started.",
    labelNames: rpcLabelNames,
    registers,
  });
  const handled = new Counter({
    name: "grpc_server_handled_total",
    help: "RPCs completed, by status code.",
    labelNames: [...rpcLabelNames, "grpc_code"] as const,
    registers,
  });
  const handling = new Histogram({
    name: "grpc_server_handling_seconds",
    help: "Time from a request's headers to its answer, in seconds.",
    labelNames: rpcLabelNames,
    buckets: secondsBuckets,
    registers,
  });
  const refused = new Counter({
    name: "verigate_connections_refused_total",
    help: "Connections refused before there was a request, by the reason.",
    labelNames: ["reason"] as const,
    registers,
  });
  return {
    rpcStarted: (rpc) => started.inc(labelsOf(rpc)),
    rpcHandled(rpc, code, durationMs) {
      const labels = labelsOf(rpc);
      handled.inc({ ...labels, grpc_code: code });
      handling.observe(labels, durationMs / 1_000);
    },
    connectionRefused: (code) => refused.inc({ reason: refusalCodes.has(code) ? code : "other" }),
    async render() {
      return { contentType: registry.contentType, text: await registry.metrics() };
    },
  };
}

function labelsOf({ service, method, isStreaming }: RpcLabels) {
  return {
    grpc_service: service === "" ? "unknown" : service,
    grpc_method: method === "" ? "unknown" : method,
    grpc_type: isStreaming ? "stream" : "unary",
  };
}
