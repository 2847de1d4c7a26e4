import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../src/free-port.ts";
import { type GatewayChildOptions, isRunning, kill, spawnGateway } from "./child-processes.ts";

/** The gateway as it is shipped, in a process of its own. */
export interface GatewayProcess {
  /** Where callers connect: the first listener. */
  readonly baseUrl: string;
  /** Where it tells about itself. */
  readonly adminUrl: string;
  /** Whether the process lives and says that it is ready. */
  isReady(): Promise<boolean>;
  /** Its resident memory in bytes, by its own metrics; NaN where it does not tell. */
  memoryBytes(): Promise<number>;
  /** SIGTERM. Fulfils with the exit code, or the signal that ended it, when it has ended. */
  stop(): Promise<number | NodeJS.Signals>;
  kill(): Promise<void>;
}

const readyMsMax = 30_000;

/** Starts a gateway on free ports. Fulfils when it is ready; rejects where it is not after 30 seconds. */
export async function startGatewayProcess({ env, ...options }: GatewayChildOptions): Promise<GatewayProcess> {
  const { VERIGATE_LISTEN: listen = `127.0.0.1:${await freePort()}` } = env;
  const { VERIGATE_ADMIN_LISTEN: adminListen = `127.0.0.1:${await freePort()}` } = env;
  const adminUrl = `http://${adminListen}`;
  const child = spawnGateway({
    ...options,
    env: {
      VERIGATE_LISTEN: listen,
      VERIGATE_ADMIN_LISTEN: adminListen,
      MESSENTE_API_USERNAME: "chaos",
      MESSENTE_API_PASSWORD: "chaos",
      ...env,
    },
  });
  const gateway: GatewayProcess = {
    baseUrl: `http://${listen.split(",")[0]}`,
    adminUrl,
    isReady: () => isReady(child, `${adminUrl}/readyz`),
    memoryBytes: () =>
      fetch(`${adminUrl}/metrics`).then(
        async (response) => memoryFromMetrics(await response.text()),
        () => Number.NaN,
      ),
    async stop() {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      const [code, signal] = await ended;
      return code ?? signal;
    },
    kill: () => kill(child),
  };
  const startedAtMs = performance.now();
  while (!(await gateway.isReady())) {
    if (!isRunning(child) || performance.now() - startedAtMs > readyMsMax) {
      await kill(child);
      throw new Error("the gateway did not start");
    }
    await sleep(20);
  }
  return gateway;
}

async function isReady(child: ChildProcess, url: string): Promise<boolean> {
  try {
    return isRunning(child) && (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

function memoryFromMetrics(text: string): number {
  return Number(/^process_resident_memory_bytes ([\d.e+]+)/m.exec(text)?.[1] ?? Number.NaN);
}
