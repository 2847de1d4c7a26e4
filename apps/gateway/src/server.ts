import { systemClock } from "@verigate/call";
import { type ListenAddress, openPort, type Port, textFromListenAddress } from "@verigate/rpc-server";
import {
  createLogger,
  createMetrics,
  createTracing,
  type Logger,
  type Metrics,
  standardOutput,
} from "@verigate/telemetry";
import { type Admin, openAdmin } from "./admin.ts";
import { auditedDecisions } from "./audit/audited-decisions.ts";
import { openAuditLog } from "./audit/open-audit-log.ts";
import { trustedListeners } from "./callers/trusted-listeners.ts";
import { certificateEnds } from "./certificate-ends.ts";
import { collectStart } from "./collect-start.ts";
import { composeGateway, type Gateway } from "./compose.ts";
import { openedFor } from "./opened-for.ts";
import type { Provider } from "./provider.ts";
import { createReloads } from "./reloads.ts";
import { forgetKey, portTls, watchServerTls } from "./server-tls.ts";
import type { Config } from "./settings/config-from-env.ts";
import { tracingFromSettings } from "./settings/tracing-from-settings.ts";
import { createStore } from "./store/create-store.ts";
import { version } from "./version.ts";

export interface ServerOptions {
  readonly config: Config;
  /** Default: as the settings say, to standard output. */
  readonly logger?: Logger;
  /** Default: those of docs/metrics.md. */
  readonly metrics?: Metrics;
  /** Instead of the one that the settings name. */
  readonly provider?: Provider;
}

/** A gateway that is ready. */
export interface Server {
  /** Where it really listens. */
  readonly addresses: readonly ListenAddress[];
  readonly adminAddress: ListenAddress | undefined;
  /**
   * Stops as Kubernetes expects: says NOT_SERVING, goes on accepting for the
   * drain delay, then takes no more connections and lets calls finish for the
   * drain timeout; what is still open then is answered at once. Calling it again
   * waits for the same end.
   */
  stop(): Promise<void>;
}

/** After the drain timeout, or when a connection ends, what the last answers get to leave, in milliseconds. */
const lastWordsMs = 500;
/** After all calls have ended, what the last spans get to be delivered, in milliseconds. */
const lastSpansMs = 2_000;

/** Starts a gateway. Throws an Error that says which setting and address or file it was where that fails. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { config, logger: given, metrics: givenMetrics, provider } = options;
  const { values } = config;
  const output = await standardOutput();
  const logger = given ?? createLogger({ level: values.VERIGATE_LOG_LEVEL, destination: output });
  const metrics = givenMetrics ?? createMetrics({ serviceIds: values.VERIGATE_METRICS_SERVICES ?? [] });
  for (const warning of config.warnings) {
    logger.log("warn", "unknown setting", { setting: warning });
  }
  const reloads = createReloads({ clock: systemClock, logger, metrics });
  const ports: Port[] = [];
  let arePortsOpen = false;
  const tls = watchServerTls(values, reloads, (next) => {
    for (const port of ports) {
      port.setTls(next);
    }
    if (arePortsOpen) {
      forgetKey(next);
    }
  });
  const traceOptions = tracingFromSettings(values);
  const tracing = traceOptions === undefined ? undefined : await createTracing({ ...traceOptions, logger });
  const audit =
    values.VERIGATE_AUDIT_LOG === "off"
      ? undefined
      : await openedFor(
          "VERIGATE_AUDIT_LOG",
          openAuditLog({
            destination: values.VERIGATE_AUDIT_LOG,
            standardOutput: output,
            logger,
            onLost: metrics.auditLost,
          }),
        );
  const audited = audit === undefined ? undefined : auditedDecisions(audit, systemClock);
  const gateway = composeGateway({
    config,
    clock: systemClock,
    logger,
    metrics,
    tracing,
    store: await createStore({
      redisUrl: values.VERIGATE_REDIS_URL,
      waitReplicas: values.VERIGATE_REDIS_WAIT_REPLICAS,
      clock: systemClock,
      logger,
      observer: metrics,
    }),
    reloads,
    onAccessDecision: audited?.onAccessDecision,
    onLimitDecision: audited?.onLimitDecision,
    ...(provider === undefined ? {} : { provider }),
  });
  let unreadyReason: string | undefined = "starting";
  metrics.readProcess({
    version,
    get isReady() {
      return unreadyReason === undefined;
    },
    get certificates() {
      return certificateEnds({
        server: tls?.current.cert,
        client_ca: tls?.current.ca,
        upstream_ca: gateway.upstreamCa(),
      });
    },
  });
  let admin: Admin | undefined;

  async function closeAll(): Promise<void> {
    reloads.close();
    for (const port of ports) {
      port.drain();
      port.destroy();
    }
    await Promise.all([...ports.map(({ drained }) => drained), admin?.close(), gateway.close(delay(lastWordsMs))]);
    audited?.flush();
    await audit?.close(delay(lastWordsMs));
    if (tracing !== undefined) {
      // A receiver that hangs must not hold up the end.
      await Promise.race([tracing.close(), delay(lastSpansMs)]);
    }
  }

  try {
    const trusted = trustedListeners(values);
    const age = {
      clock: systemClock,
      maxMs: values.VERIGATE_MAX_CONNECTION_AGE,
      graceMs: values.VERIGATE_MAX_DEADLINE + lastWordsMs,
      random: Math.random,
    };
    collectStart();
    for (const address of values.VERIGATE_LISTEN) {
      const { frontDoor } = gateway;
      const onRefused = metrics.connectionRefused;
      const isTrusted = trusted.has(textFromListenAddress(address));
      const port = { address, frontDoor, onRefused, age };
      const options = tls === undefined ? port : { ...port, tls: portTls(tls.current, isTrusted) };
      ports.push(await openedFor("VERIGATE_LISTEN", openPort(options)));
    }
    arePortsOpen = true;
    if (tls !== undefined) {
      forgetKey(tls.current);
      values.VERIGATE_TLS_KEY_FILE?.bytes.fill(0);
    }
    if (values.VERIGATE_ADMIN_LISTEN !== undefined) {
      const opening = openAdmin({
        address: values.VERIGATE_ADMIN_LISTEN,
        metrics,
        unreadyReason: () => unreadyReason,
        details: () => ({
          upstream: values.VERIGATE_UPSTREAM_URL.origin,
          ...gateway.upstreamState(),
          store: textFromStore(gateway.store),
        }),
      });
      admin = await openedFor("VERIGATE_ADMIN_LISTEN", opening);
    }
  } catch (error) {
    await closeAll();
    throw error;
  }
  for (const port of ports) {
    logger.log("info", "listening", { address: textFromListenAddress(port.address) });
  }
  logger.log("info", gateway.store.isShared ? "state is shared with other replicas" : "state is this process's own");
  gateway.health.setServing(true);
  unreadyReason = undefined;

  async function drain(): Promise<void> {
    logger.log("info", "draining");
    unreadyReason = "draining";
    gateway.health.setServing(false);
    await delay(values.VERIGATE_DRAIN_DELAY);
    gateway.endStreams();
    for (const port of ports) {
      port.drain();
    }
    const drained = Promise.all(ports.map((port) => port.drained));
    const timeout = delay(values.VERIGATE_DRAIN_TIMEOUT);
    await Promise.race([drained, timeout]);
    gateway.endCalls();
    await Promise.race([drained, delay(lastWordsMs)]);
    // Callers have left, but what they started has not ended.
    await Promise.race([gateway.idle(), timeout]);
    await closeAll();
    logger.log("info", "stopped");
  }

  let stopping: Promise<void> | undefined;
  return {
    addresses: ports.map(({ address }) => address),
    adminAddress: admin?.address,
    stop() {
      stopping ??= drain();
      return stopping;
    },
  };
}

function textFromStore({ isShared, isReachable }: Gateway["store"]): string {
  return isShared ? `shared, ${isReachable ? "connected" : "not connected"}` : "this process's own";
}

/** Holds the process open, which the clock's timers don't: a stop must run to its end. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
