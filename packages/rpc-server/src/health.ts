import { create, type DescService } from "@bufbuild/protobuf";
import { Code, ConnectError, type ConnectRouter } from "@connectrpc/connect";
import { Fault } from "@verigate/call";
import {
  Health,
  type HealthCheckRequest,
  type HealthCheckResponse,
  HealthCheckResponseSchema,
  HealthListResponseSchema,
  HealthCheckResponse_ServingStatus as ServingStatus,
} from "../gen/grpc/health/v1/health_pb.js";
import { recorded } from "./unary-routes.ts";

/**
 * What `grpc.health.v1` says of this server: of each service, and of all under
 * the empty name. https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export interface HealthState {
  /** The service itself, for reflection. */
  readonly service: DescService;
  /** Tells every watcher. Setting what is already so does nothing. */
  setServing(isServing: boolean): void;
  readonly routes: (router: ConnectRouter) => void;
}

export interface HealthOptions {
  /** Full names of the services that are served. */
  readonly services: readonly string[];
}

/** A server that is not serving yet. */
export function createHealth({ services }: HealthOptions): HealthState {
  const names = new Set(["", ...services]);
  const watchers = new Set<() => void>();
  let isServing = false;

  const statusOf = (service: string) => {
    if (!names.has(service)) {
      return ServingStatus.SERVICE_UNKNOWN;
    }
    return isServing ? ServingStatus.SERVING : ServingStatus.NOT_SERVING;
  };
  const responseOf = (status: ServingStatus) => create(HealthCheckResponseSchema, { status });

  async function* watch(service: string, signal: AbortSignal): AsyncGenerator<HealthCheckResponse> {
    let wake = () => {};
    const onChange = () => wake();
    watchers.add(onChange);
    signal.addEventListener("abort", onChange);
    try {
      let told: ServingStatus | undefined;
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const status = statusOf(service);
        if (status !== told) {
          told = status;
          yield responseOf(status);
        } else {
          await changed;
        }
      }
      // Not the end of what there is to tell: whoever watches has to ask again, over another connection.
      throw new ConnectError("the connection is about to end", Code.Unavailable);
    } finally {
      watchers.delete(onChange);
      signal.removeEventListener("abort", onChange);
    }
  }

  return {
    service: Health,
    setServing(next) {
      isServing = next;
      for (const onChange of watchers) {
        onChange();
      }
    },
    routes: (router) =>
      router.service(Health, {
        check: recorded(({ service }: HealthCheckRequest) => {
          const status = statusOf(service);
          if (status === ServingStatus.SERVICE_UNKNOWN) {
            throw new Fault("service-not-found", { publicMessage: "no such service is served here" });
          }
          return responseOf(status);
        }),
        list: () =>
          create(HealthListResponseSchema, {
            statuses: Object.fromEntries([...names].map((name) => [name, responseOf(statusOf(name))])),
          }),
        watch: ({ service }, { signal }) => watch(service, signal),
      }),
  };
}
