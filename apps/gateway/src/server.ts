import { systemClock } from "@verigate/call";
import { type ListenAddress, openPort, type Port, textFromListenAddress } from "@verigate/rpc-server";
import { createLogger, createMetrics, type Logger, standardOutput } from "@verigate/telemetry";
import { type Admin, openAdmin } from "./admin.ts";
import { composeGateway, type Gateway } from "./compose.ts";
import type { Provider } from "./provider.ts";
import type { Config } from "./settings/config-from-env.ts";
import { createClaimStore } from "./store/create-claim-store.ts";

export interface ServerOptions {
  readonly config: Config;
  /** Default: as the settings say, to standard output. */
  readonly logger?: Logger;
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

/** After the drain timeout, what the last answers get to leave, in milliseconds. */
const lastWordsMs = 500;

/** Starts a gateway. Throws an Error that says which address or file it was where that fails. */
export async function startServer({ config, logger: given, provider }: ServerOptions): Promise<Server> {
  const { values } = config;
  const logger = given ?? createLogger({ level: values.VERIGATE_LOG_LEVEL, destination: await standardOutput() });
  const metrics = createMetrics();
  for (const warning of config.warnings) {
    logger.log("warn", "unknown setting", { setting: warning });
  }
  const tls = tlsFromConfig(config);
  const gateway = composeGateway({
    config,
    clock: systemClock,
    logger,
    metrics,
    store: await createClaimStore(values.VERIGATE_REDIS_URL, systemClock, logger),
    ...(provider === undefined ? {} : { provider }),
  });
  let unreadyReason: string | undefined = "starting";
  const ports: Port[] = [];
  let admin: Admin | undefined;

  async function closeAll(): Promise<void> {
    for (const port of ports) {
      port.drain();
      port.destroy();
    }
    await Promise.all([...ports.map(({ drained }) => drained), admin?.close(), gateway.close(delay(lastWordsMs))]);
  }

  try {
    for (const address of values.VERIGATE_LISTEN) {
      const { frontDoor } = gateway;
      const onRefused = metrics.connectionRefused;
      ports.push(await openPort({ address, frontDoor, onRefused, ...(tls === undefined ? {} : { tls }) }));
    }
    if (values.VERIGATE_ADMIN_LISTEN !== undefined) {
      admin = await openAdmin({
        address: values.VERIGATE_ADMIN_LISTEN,
        metrics,
        unreadyReason: () => unreadyReason,
        details: () => ({ upstream: values.VERIGATE_UPSTREAM_URL.origin, store: textFromStore(gateway.store) }),
      });
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

function tlsFromConfig({ values }: Config) {
  const { VERIGATE_TLS_CERT_FILE: cert, VERIGATE_TLS_KEY_FILE: key, VERIGATE_TLS_CLIENT_CA_FILE: clientCa } = values;
  if (cert === undefined || key === undefined) {
    return undefined;
  }
  const pair = { cert: cert.bytes, key: key.bytes };
  return clientCa === undefined ? pair : { ...pair, ca: clientCa.bytes, requestCert: true, rejectUnauthorized: true };
}

/** Holds the process open, which the clock's timers don't: a stop must run to its end. */
function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
