import { randomBytes } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import { type Answer, type Attempt, type Clock, stack } from "@verigate/call";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import {
  attemptTimeout,
  concurrencyLimit,
  createBackoff,
  createBreakers,
  createRetryBudget,
  rateLimit,
  retry,
} from "@verigate/resilience";
import {
  browserGuard,
  createFrontDoor,
  createHealth,
  deadline,
  type FrontDoor,
  type HealthState,
  type HttpCall,
  type Reply,
  reflectionRoutes,
  rescue,
  type UnaryCall,
  type UnaryHandler,
  unaryRoutes,
} from "@verigate/rpc-server";
import type { Logger, Metrics } from "@verigate/telemetry";
import { createUndiciExchange, createVerigator, credentials, decodeUserList } from "@verigate/verigator";
import { createIdempotency } from "./inbound/idempotency.ts";
import { report } from "./inbound/report.ts";
import { validate } from "./inbound/validate.ts";
import { authOperations } from "./operations/auth-operations.ts";
import { operationHandler } from "./operations/operations.ts";
import { serviceOperations } from "./operations/service-operations.ts";
import { userOperations } from "./operations/user-operations.ts";
import type { Provider } from "./provider.ts";
import type { Config } from "./settings/config-from-env.ts";
import type { ClaimStore } from "./store/claim-store.ts";
import { createStoreOutage } from "./store/store-outage.ts";
import { createUserLists } from "./users/user-lists.ts";

export interface ComposeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Closed with the gateway. */
  readonly store: ClaimStore;
  /** Instead of the one that the settings name. */
  readonly provider?: Provider;
}

/** The gateway without its listeners. */
export interface Gateway {
  readonly frontDoor: FrontDoor;
  readonly health: HealthState;
  readonly store: Pick<ClaimStore, "isShared" | "isReachable">;
  /** Ends the streams, so that their connections can end. */
  endStreams(): void;
  /** Answers the calls in flight at once. */
  endCalls(): void;
  /** Fulfils when what was started upstream under a request_id has ended and is recorded. */
  idle(): Promise<void>;
  /** Lets go of the upstream, so that what is still open there is recorded as unknown, until `limit`, and then of the store. */
  close(limit: Promise<void>): Promise<void>;
}

const requestBytesMax = 64 * 1024;
const watchersMax = 1_000;
/** Three attempts to connect fit in the default deadline. */
const connectTimeoutMs = 3_000;
/** The most attempts of a class that wait for a slot, and how long one waits for a slot or its turn. */
const waitingMax = 256;
const waitMsMax = 1_000;
const userListKeptMs = 30_000;
/** A list's attempts, and the waits between them. */
const userListFetchMsMax = 15_000;
const userListBytesMax = 64 * 1024 * 1024;

/** Puts the gateway together. Every stack stands here, outermost first. */
export function composeGateway(options: ComposeOptions): Gateway {
  const { clock, logger, metrics, store } = options;
  const { values } = options.config;
  const streamsEnd = new AbortController();
  const callsEnd = new AbortController();
  const services = [ServiceAPI, UserAPI, AuthAPI];

  // From a domain term to the upstream and back.
  const upstream = createUndiciExchange({
    clock,
    origin: values.VERIGATE_UPSTREAM_URL,
    connections: values.VERIGATE_UPSTREAM_CONCURRENCY,
    connectTimeoutMs,
    ...(values.VERIGATE_UPSTREAM_CA_FILE === undefined ? {} : { ca: values.VERIGATE_UPSTREAM_CA_FILE.bytes }),
    ...(values.HTTPS_PROXY === undefined
      ? {}
      : { proxy: { url: values.HTTPS_PROXY, exceptions: values.NO_PROXY ?? "" } }),
  });
  const breaker = createBreakers({
    clock,
    errorPercent: values.VERIGATE_BREAKER_ERROR_PERCENT,
    callsMin: values.VERIGATE_BREAKER_MIN_CALLS,
    windowMs: values.VERIGATE_BREAKER_WINDOW,
    openMs: values.VERIGATE_BREAKER_OPEN,
  });
  const attempt = stack<Attempt, Answer>(
    [
      // First, so that what is refused takes neither a slot nor a turn.
      breaker.refuseWhileOpen,
      // Before the pool, whose own queue would be blind and unbounded.
      concurrencyLimit({ clock, total: values.VERIGATE_UPSTREAM_CONCURRENCY, waitingMax, waitMsMax }),
      // With a slot in hand, so that a turn is not given to who can't use it.
      rateLimit({ clock, perSecond: values.VERIGATE_UPSTREAM_RPS, waitMsMax }),
      // Below all that waits or refuses by itself: only the upstream's doing counts.
      breaker.record,
      // Whatever the upstream does, an attempt ends; its caller may be gone by then.
      attemptTimeout({
        clock,
        timeoutMs: { safe: values.VERIGATE_ATTEMPT_TIMEOUT, "unsent-only": values.VERIGATE_UNSAFE_ATTEMPT_TIMEOUT },
        listTimeoutMs: values.VERIGATE_LIST_ATTEMPT_TIMEOUT,
      }),
      // Innermost, so that nothing above ever holds the password.
      credentials({ clock, readAccount: options.config.readAccount }),
    ],
    upstream.exchange,
  );
  const createBudget = () => createRetryBudget({ tokensMax: 100, tokenRatio: 0.1 });
  const budgets = { authentication: createBudget(), directory: createBudget(), list: createBudget() };
  const exchange = stack<Attempt, Answer>(
    [
      // Around single attempts: each is limited, timed and judged by itself.
      retry({
        clock,
        attemptsMax: values.VERIGATE_RETRY_ATTEMPTS,
        backoff: createBackoff({ baseMs: 50, maxMs: 1_000, random: Math.random }),
        budgets,
      }),
    ],
    attempt,
  );
  const provider: Provider = options.provider ?? createVerigator({ exchange, decodeUserList });

  // From a decoded message to its response.
  const lists = createUserLists({
    provider,
    clock,
    keptMs: userListKeptMs,
    bytesMax: userListBytesMax,
    fetchMsMax: userListFetchMsMax,
    fetchesMax: 2,
    waitingMax: 64,
  });
  const validated = validate(services);
  const idempotency = createIdempotency({
    clock,
    store,
    outage: createStoreOutage(logger, values.VERIGATE_STORE_FAILURE),
    onStoreFailure: values.VERIGATE_STORE_FAILURE,
    hashKeys: values.VERIGATE_HASH_KEY ?? [randomBytes(32)],
    unsafeAttemptTimeoutMs: values.VERIGATE_UNSAFE_ATTEMPT_TIMEOUT,
    // A lost CreateUser waits for the fetch under way, and then for its own.
    repairMsMax: 2 * userListFetchMsMax,
  });
  const handle = (operation: UnaryHandler): UnaryHandler =>
    stack<UnaryCall, Message>(
      [
        // Nothing below has to look again at what the contract rules out.
        validated,
        // Around all that costs or counts, so that a repeated request_id does neither again.
        idempotency.layer,
      ],
      operation,
    );

  // From a request's headers to its answer.
  const health = createHealth({ services: services.map(({ typeName }) => typeName), watchersMax });
  const isAuthenticated = values.VERIGATE_TLS_CLIENT_CA_FILE !== undefined;
  const frontDoor = createFrontDoor({
    clock,
    requestBytesMax,
    shutdown: streamsEnd.signal,
    inbound: [
      // Outermost: sees every call, and what became of it.
      report({ clock, logger, metrics }),
      // All below may throw.
      rescue(),
      // Before anything costs: a web page has no business here.
      browserGuard({
        corsOrigins: values.VERIGATE_CORS_ORIGINS ?? [],
        hostNames: isAuthenticated ? undefined : (values.VERIGATE_HOST_NAMES ?? []),
      }),
      // Around the reading of the request, so that a slow upload ends too.
      deadline<HttpCall, Reply>({
        clock,
        defaultMs: values.VERIGATE_DEFAULT_DEADLINE,
        maxMs: values.VERIGATE_MAX_DEADLINE,
        shutdown: callsEnd.signal,
      }),
    ],
    routes: [
      unaryRoutes(ServiceAPI, handle(operationHandler(serviceOperations(provider)))),
      unaryRoutes(
        UserAPI,
        handle(operationHandler(userOperations({ provider, lists, clock, repairBudget: budgets.directory }))),
      ),
      unaryRoutes(AuthAPI, handle(operationHandler(authOperations(provider)))),
      health.routes,
      ...(values.VERIGATE_REFLECTION ? [reflectionRoutes([...services, health.service])] : []),
    ],
  });

  return {
    frontDoor,
    health,
    endStreams: () => streamsEnd.abort(),
    endCalls: () => callsEnd.abort(),
    store,
    idle: () => idempotency.idle(),
    async close(limit) {
      await upstream.close();
      await Promise.race([idempotency.idle(), limit]);
      await store.close();
    },
  };
}
