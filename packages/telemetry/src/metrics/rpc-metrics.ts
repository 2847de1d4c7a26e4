import type { FaultOwner } from "@verigate/call";
import {
  contractMethods,
  errorOwners,
  errorReasons,
  errorsOfOurs,
  grpcCodes,
  grpcMethods,
  grpcServices,
  grpcTypes,
  requestIdMethods,
  rpcMethods,
  unknownName,
} from "./label-sets.ts";
import type { MetricEntry } from "./metric-entry.ts";
import type { Series } from "./series.ts";

/** Which RPC. A method that does not exist has empty names, and all of them are one series. */
export interface RpcName {
  readonly service: string;
  readonly method: string;
}

export interface RpcEnd {
  /** Its name, such as `NotFound`. */
  readonly code: string;
  readonly durationMs: number;
  /** What went wrong, in the words of its ErrorInfo, where it has one. */
  readonly error?: { readonly reason: string; readonly owner: FaultOwner } | undefined;
  readonly traceId?: string | undefined;
}

/** What became of a call's request_id. */
export type RequestIdResult = (typeof requestIdResults)[number];

export interface RpcMetrics {
  /** A call has begun. */
  rpcStarted(rpc: RpcName): void;
  /** A call was answered, or its caller left. */
  rpcHandled(rpc: RpcName, end: RpcEnd): void;
  /** A connection was refused before there was a request; `code` is Node's. */
  connectionRefused(code: string): void;
  /** A call came with a request_id. */
  requestIdUsed(method: string, result: RequestIdResult): void;
}

const requestIdResults = ["new", "replayed", "waited", "reused", "lapsed", "store_full", "store_down"] as const;
/** The codes that have a series of their own. */
const refusalCodes = [
  "HPE_HEADER_OVERFLOW",
  "HPE_INVALID_METHOD",
  "ERR_HTTP_REQUEST_TIMEOUT",
  "ERR_HTTP2_ERROR",
  "ERR_HTTP2_HEADER_OVERFLOW",
  "ERR_HTTP_PIPELINE",
  "ECONNRESET",
];

const rpcLabels = { grpc_service: grpcServices, grpc_method: grpcMethods, grpc_type: grpcTypes };
const labelsOf = ({ service, method, type }: (typeof rpcMethods)[number]) => ({
  grpc_service: service,
  grpc_method: method,
  grpc_type: type,
});

type RpcLabels = ReturnType<typeof labelsOf>;

export const rpcEntries: Readonly<Record<string, MetricEntry>> = {
  grpc_server_started_total: {
    type: "counter",
    help: "RPCs started. A method that does not exist counts as unknown.",
    labels: rpcLabels,
    zeros: { which: "every method", series: rpcMethods.map(labelsOf) },
  },
  grpc_server_handled_total: {
    type: "counter",
    help: "RPCs that have ended, by status code, whatever protocol they came in.",
    labels: { ...rpcLabels, grpc_code: grpcCodes },
    zeros: {
      which: "every method with `OK`",
      series: rpcMethods.map((rpc) => ({ ...labelsOf(rpc), grpc_code: "OK" })),
    },
  },
  grpc_server_handling_seconds: {
    type: "histogram",
    help: "Time from a request's headers to its answer.",
    unit: "seconds",
    labels: rpcLabels,
    // From a fast answer upstream to the longest deadline.
    buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    hasExemplars: true,
  },
  verigate_rpc_errors_total: {
    type: "counter",
    help:
      "RPCs that ended in an error, by its reason and by who can do something about it. Those of gateway, capacity and " +
      "upstream count against availability. Refusals in terms of HTTP alone, such as 415, have no reason and are not here.",
    labels: { grpc_service: grpcServices, grpc_method: grpcMethods, reason: errorReasons, owner: errorOwners },
    zeros: {
      which: "every method of the contract, with every reason that is not the caller's doing",
      series: contractMethods.flatMap(({ service, method }) =>
        errorsOfOurs.map(({ reason, owner }) => ({ grpc_service: service, grpc_method: method, reason, owner })),
      ),
    },
  },
  verigate_rpcs_in_flight: { type: "gauge", help: "RPCs that have started and not ended, streams too.", labels: {} },
  verigate_connections_refused_total: {
    type: "counter",
    help: "Connections refused before there was a request, by Node's code for the reason.",
    labels: { reason: { values: refusalCodes, fallback: "other" } },
    zeros: "all",
  },
  verigate_request_ids_total: {
    type: "counter",
    help:
      "Calls with a request_id, by what was found: new ran; replayed got what was recorded, waited did after waiting " +
      "for the first; reused had another payload; lapsed found a call that nobody ended; store_full and store_down " +
      "could not be looked up.",
    labels: { grpc_method: requestIdMethods, result: { values: requestIdResults } },
    zeros: "all",
  },
};

export function createRpcMetrics(series: Series): RpcMetrics {
  const started = series.counter("grpc_server_started_total");
  const handled = series.counter("grpc_server_handled_total");
  const handling = series.histogram("grpc_server_handling_seconds");
  const errors = series.counter("verigate_rpc_errors_total");
  const refused = series.counter("verigate_connections_refused_total");
  const requestIds = series.counter("verigate_request_ids_total");
  let inFlight = 0;
  series.gauge("verigate_rpcs_in_flight", (set) => set(inFlight));

  const known = new Map<string, Map<string, RpcLabels>>();
  for (const rpc of rpcMethods) {
    known.set(rpc.service, (known.get(rpc.service) ?? new Map()).set(rpc.method, labelsOf(rpc)));
  }
  const unknown: RpcLabels = { grpc_service: unknownName, grpc_method: unknownName, grpc_type: "unary" };
  const labelsFrom = ({ service, method }: RpcName) => known.get(service)?.get(method) ?? unknown;
  return {
    rpcStarted(rpc) {
      inFlight += 1;
      started.add(labelsFrom(rpc));
    },
    rpcHandled(rpc, { code, durationMs, error, traceId }) {
      inFlight -= 1;
      const labels = labelsFrom(rpc);
      // One by one: objects of one shape are made several times as fast.
      const { grpc_service, grpc_method, grpc_type } = labels;
      handled.add({ grpc_service, grpc_method, grpc_type, grpc_code: code });
      handling.observe(labels, durationMs / 1_000, traceId);
      if (error !== undefined) {
        errors.add({ ...labels, ...error });
      }
    },
    connectionRefused: (reason) => refused.add({ reason }),
    requestIdUsed: (method, result) => requestIds.add({ grpc_method: method, result }),
  };
}
