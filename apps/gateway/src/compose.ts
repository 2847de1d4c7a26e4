import { randomBytes } from "node:crypto";
import type { Message } from "@bufbuild/protobuf";
import { type Answer, type Attempt, type Clock, stack } from "@verigate/call";
import { AuthAPI, ServiceAPI, UserAPI } from "@verigate/contract";
import {
  attemptTimeout,
  createBackoff,
  createBreakers,
  createConcurrencyLimit,
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
  healthLimit,
  type Reply,
  reflectionRoutes,
  rescue,
  type UnaryCall,
  type UnaryHandler,
} from "@verigate/rpc-server";
import type { Logger, Metrics, Tracing } from "@verigate/telemetry";
import {
  createCredentials,
  createUndiciExchange,
  createVerigator,
  decodeUserList,
  type UndiciExchange,
} from "@verigate/verigator";
import { createPendingAuthentications } from "./authentications/pending-authentications.ts";
import { createCallers } from "./callers/create-callers.ts";
import type { OnAccessDecision } from "./inbound/access-decision.ts";
import { authReport } from "./inbound/auth-report.ts";
import { authenticate } from "./inbound/authenticate.ts";
import { authorizeMethod } from "./inbound/authorize-method.ts";
import { authorizeService } from "./inbound/authorize-service.ts";
import { createIdempotency } from "./inbound/idempotency.ts";
import { createReport } from "./inbound/report.ts";
import { requestIdNote } from "./inbound/request-id-note.ts";
import { rpcSpan } from "./inbound/rpc-span.ts";
import { validate } from "./inbound/validate.ts";
import { createLimits } from "./limits/create-limits.ts";
import type { OnLimitDecision } from "./limits/limit-decision.ts";
import { authOperations } from "./operations/auth-operations.ts";
import { operationHandler } from "./operations/operations.ts";
import { serviceOperations } from "./operations/service-operations.ts";
import { userOperations } from "./operations/user-operations.ts";
import { createAttemptReport } from "./outbound/attempt-report.ts";
import { attemptSpan } from "./outbound/attempt-span.ts";
import type { Provider } from "./provider.ts";
import type { Reloads } from "./reloads.ts";
import type { Config } from "./settings/config-from-env.ts";
import type { Store } from "./store/store.ts";
import { createStoreOutage } from "./store/store-outage.ts";
import { watchAccount, watchUpstreamCa } from "./upstream-secrets.ts";
import { createUserLists } from "./users/user-lists.ts";

export interface ComposeOptions {
  readonly config: Config;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** What makes spans; undefined where traces are off. */
  readonly tracing?: Tracing | undefined;
  /** Closed with the gateway. */
  readonly store: Store;
  /** Follows the files that the settings name. */
  readonly reloads: Reloads;
  /** Told of what is decided about callers. */
  readonly onAccessDecision?: OnAccessDecision | undefined;
  /** Told of what limits decide about calls. */
  readonly onLimitDecision?: OnLimitDecision | undefined;
  /** Instead of the one that the settings name. */
  readonly provider?: Provider;
  /** What attempts end up at, instead of a pool of connections. */
  readonly upstream?: UndiciExchange;
}

/** The gateway without its listeners. */
export interface Gateway {
  readonly frontDoor: FrontDoor;
  readonly health: HealthState;
  readonly store: Pick<Store, "isShared" | "isReachable">;
  /** What VERIGATE_UPSTREAM_CA_FILE holds now. */
  readonly upstreamCa: () => Buffer | undefined;
  /** How it stands with the upstream, for people. */
  upstreamState(): Readonly<Record<string, string>>;
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
/** Anybody may ask how the gateway is; one address may have a quarter of the places. */
const healthCalls = { callsMax: 1_000, callsOfAddressMax: 250 };
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
  const { clock, logger, metrics, store, tracing, reloads, onAccessDecision: onDecision } = options;
  const { values } = options.config;
  const streamsEnd = new AbortController();
  const callsEnd = new AbortController();
  const services = [ServiceAPI, UserAPI, AuthAPI];

  // From a domain term to the upstream and back.
  const upstream =
    options.upstream ??
    createUndiciExchange({
      clock,
      origin: values.VERIGATE_UPSTREAM_URL,
      connections: values.VERIGATE_UPSTREAM_CONCURRENCY,
      connectTimeoutMs,
      ...(values.VERIGATE_UPSTREAM_CA_FILE === undefined ? {} : { ca: values.VERIGATE_UPSTREAM_CA_FILE.bytes }),
      ...(values.HTTPS_PROXY === undefined
        ? {}
        : { proxy: { url: values.HTTPS_PROXY, exceptions: values.NO_PROXY ?? "" } }),
    });
  const upstreamCa = watchUpstreamCa(values.VERIGATE_UPSTREAM_CA_FILE?.path, reloads, upstream.trust);
  const breaker = createBreakers({
    clock,
    errorPercent: values.VERIGATE_BREAKER_ERROR_PERCENT,
    callsMin: values.VERIGATE_BREAKER_MIN_CALLS,
    windowMs: values.VERIGATE_BREAKER_WINDOW,
    openMs: values.VERIGATE_BREAKER_OPEN,
    onOpen: metrics.breakerOpened,
    onRefused: (operationClass) => metrics.attemptRefused(operationClass, "circuit_open"),
  });
  const concurrency = createConcurrencyLimit({
    clock,
    total: values.VERIGATE_UPSTREAM_CONCURRENCY,
    waitingMax,
    waitMsMax,
    onRefused: metrics.attemptRefused,
  });
  const credentials = createCredentials({
    clock,
    readAccount: options.config.readAccount,
    onRefused: ({ operationClass }) => metrics.attemptRefused(operationClass, "credentials_locked"),
  });
  watchAccount(options.config, reloads, credentials.renew);
  const attemptReport = createAttemptReport({ clock, metrics });
  const isTraceSpoken = values.OTEL_PROPAGATORS.includes("tracecontext");
  const attempt = stack<Attempt, Answer>(
    [
      // Outermost: sees every attempt, its waits too, and what became of it.
      ...(tracing === undefined
        ? []
        : [
            attemptSpan({
              tracing,
              upstream: values.VERIGATE_UPSTREAM_URL,
              isPassedOn: isTraceSpoken && values.VERIGATE_UPSTREAM_TRACE,
            }),
          ]),
      // Early, so that what is refused takes neither a slot nor a turn.
      breaker.refuseWhileOpen,
      // Before the pool, whose own queue would be blind and unbounded.
      concurrency.layer,
      // With a slot in hand, so that a turn is not given to who can't use it.
      rateLimit({
        clock,
        perSecond: values.VERIGATE_UPSTREAM_RPS,
        waitMsMax,
        createTurns: store.createTurns,
        onWait: metrics.turnWaited,
        onRefused: ({ operationClass }) => metrics.attemptRefused(operationClass, "rate_limit"),
      }),
      // Below all that waits or refuses by itself: only the upstream's doing counts.
      breaker.record,
      // Whatever the upstream does, an attempt ends; its caller may be gone by then.
      attemptTimeout({
        clock,
        timeoutMs: { safe: values.VERIGATE_ATTEMPT_TIMEOUT, "unsent-only": values.VERIGATE_UNSAFE_ATTEMPT_TIMEOUT },
        listTimeoutMs: values.VERIGATE_LIST_ATTEMPT_TIMEOUT,
      }),
      // Nothing above ever holds the password.
      credentials.layer,
      // Innermost: counts what is really sent. It looks at no header.
      attemptReport.layer,
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
        onRepeat: ({ operation }, reason) => metrics.attemptRepeated(operation, reason),
        onDenied: ({ operationClass }, reason) => metrics.repeatDenied(operationClass, reason),
      }),
    ],
    attempt,
  );
  const provider: Provider =
    options.provider ?? createVerigator({ exchange, decodeUserList, onRead: attemptReport.onRead });
  metrics.readUpstream({
    concurrencyLimit: values.VERIGATE_UPSTREAM_CONCURRENCY,
    rateLimit: values.VERIGATE_UPSTREAM_RPS,
    breakerState: breaker.stateOf,
    inFlight: concurrency.inFlight,
    waiting: concurrency.waiting,
    retryBudget: (operationClass) => budgets[operationClass].ratio,
    areCredentialsLocked: () => credentials.areLocked,
  });
  metrics.readStore(store);

  // From a decoded message to its response.
  const lists = createUserLists({
    provider,
    clock,
    keptMs: userListKeptMs,
    bytesMax: userListBytesMax,
    fetchMsMax: userListFetchMsMax,
    fetchesMax: 2,
    waitingMax: 64,
    onLoad: metrics.userListServed,
  });
  const validated = validate(services);
  const hashKeys = values.VERIGATE_HASH_KEY ?? ([randomBytes(32)] as const);
  const outage = createStoreOutage(logger, values.VERIGATE_STORE_FAILURE);
  const limits = createLimits({
    clock,
    logger,
    metrics,
    store: store.limits,
    outage,
    hashKeys,
    values,
    onDecision: options.onLimitDecision,
  });
  const idempotency = createIdempotency({
    clock,
    store: store.claims,
    outage,
    onStoreFailure: values.VERIGATE_STORE_FAILURE,
    hashKeys,
    unsafeAttemptTimeoutMs: values.VERIGATE_UNSAFE_ATTEMPT_TIMEOUT,
    // A lost CreateUser waits for the fetch under way, and then for its own.
    repairMsMax: 2 * userListFetchMsMax,
    onRepeat: limits.guesses.onRepeat,
    onLookup: ({ name }, found) => metrics.requestIdUsed(name, found),
  });
  const authentications = authReport({
    metrics,
    pending: createPendingAuthentications({
      clock,
      starts: store.authStarts,
      keyOf: limits.nameOfUser,
      onAbandoned: ({ serviceId, method }) => metrics.authAbandoned(serviceId, method),
    }),
    serviceIds: values.VERIGATE_METRICS_SERVICES ?? [],
  });
  const callers = createCallers({ config: options.config, clock, logger, metrics, reloads });
  const authorization = callers.policy === undefined ? undefined : { policy: callers.policy, onDecision };
  const handle = (operation: UnaryHandler): UnaryHandler =>
    stack<UnaryCall, Message>(
      [
        // Before anything is refused: the log line of a refusal has it too.
        requestIdNote(),
        // Nothing below has to look again at what the contract rules out.
        validated,
        // Before it can be told apart from a service that does not exist, or a request_id that is known.
        ...(authorization === undefined ? [] : [authorizeService(authorization)]),
        // Around all that costs or counts, so that a repeated request_id does neither again.
        idempotency.layer,
        // Below it, so that a replay is not counted again.
        authentications,
        // Of subjects, because they read the message; below the request_id, because a replay costs nothing.
        limits.countries,
        // Of what was created, not of what was refused.
        limits.phoneMemory,
        // Each takes its place before the operation, and is told how it ended.
        limits.sends,
        limits.guesses.layer,
      ],
      operation,
    );

  // From a request's headers to its answer.
  const report = createReport({ clock, logger, metrics });
  const health = createHealth({ services: services.map(({ typeName }) => typeName) });
  const frontDoor = createFrontDoor({
    clock,
    requestBytesMax,
    shutdown: streamsEnd.signal,
    inbound: [
      // Outermost: all below, the log line too, is part of the caller's trace.
      rpcSpan({ tracing, isContextRead: isTraceSpoken }),
      // Sees every call, and what became of it.
      report.layer,
      // All below may throw.
      rescue(),
      // Before anything costs: a web page has no business here.
      browserGuard({
        corsOrigins: values.VERIGATE_CORS_ORIGINS ?? [],
        isOpen: callers.isTrusted,
        hostNames: values.VERIGATE_HOST_NAMES ?? [],
      }),
      // What needs no credentials must not cost much either.
      healthLimit(healthCalls),
      // Around the reading of the request, so that a slow upload ends too.
      deadline<HttpCall, Reply>({
        clock,
        defaultMs: values.VERIGATE_DEFAULT_DEADLINE,
        maxMs: values.VERIGATE_MAX_DEADLINE,
        shutdown: callsEnd.signal,
      }),
      // Before the body is read: who has no business here makes no work.
      authenticate({ ...callers, onRefused: metrics.callerRefused, onDecision }),
      // What the headers tell is enough for most that a policy denies.
      ...(authorization === undefined ? [] : [authorizeMethod(authorization)]),
      // By the caller's name, and before its message is looked at: a flood of invalid ones is a flood.
      limits.callerRate,
    ],
    services: [
      { service: ServiceAPI, handler: handle(operationHandler(serviceOperations(provider))) },
      {
        service: UserAPI,
        handler: handle(operationHandler(userOperations({ provider, lists, clock, repairBudget: budgets.directory }))),
      },
      { service: AuthAPI, handler: handle(operationHandler(authOperations(provider))) },
    ],
    isLean: values.VERIGATE_LEAN_DOOR,
    routes: [health.routes, ...(values.VERIGATE_REFLECTION ? [reflectionRoutes([...services, health.service])] : [])],
  });

  return {
    frontDoor,
    health,
    endStreams: () => streamsEnd.abort(),
    endCalls: () => callsEnd.abort(),
    store,
    upstreamCa: () => upstreamCa?.current,
    upstreamState: () => ({
      "breaker of authentication": breaker.stateOf("authentication"),
      "breaker of directory": breaker.stateOf("directory"),
      "breaker of list": breaker.stateOf("list"),
      credentials: credentials.areLocked ? "refused" : "not refused",
    }),
    idle: () => idempotency.idle(),
    async close(limit) {
      callers.close();
      report.flush();
      await upstream.close();
      await Promise.race([idempotency.idle(), limit]);
      await store.close();
    },
  };
}
