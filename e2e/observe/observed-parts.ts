import { hash, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rootCertificates } from "node:tls";
import { createSandbox } from "@verigate/sandbox";
import { startGatewayProcess } from "../chaos/gateway-process.ts";
import { RedisProcess } from "../chaos/redis-process.ts";
import { freePort } from "../src/free-port.ts";
import type { LoadPace } from "./load-pace.ts";
import { type MixedLoad, startMixedLoad } from "./mixed-load.ts";
import { type PrometheusProcess, startPrometheus } from "./prometheus-process.ts";
import { SandboxControl } from "./sandbox-control.ts";
import { startUpstreamLink } from "./upstream-link.ts";

export interface ObservedOptions {
  readonly pace: LoadPace;
  readonly hasPrometheus: boolean;
  /** Whether replicas could share state; otherwise the store is in memory. */
  readonly hasRedis: boolean;
  /** What Prometheus knows from before, as OpenMetrics. Default: nothing. */
  readonly history?: string;
}

/** A gateway that is used and watched. */
export interface ObservedParts {
  readonly load: MixedLoad;
  /** `http://host:port` each. */
  readonly gatewayUrl: string;
  readonly adminUrl: string;
  readonly sandboxUrl: string;
  readonly prometheus: PrometheusProcess | undefined;
  /** Where the gateway's own lines go. */
  readonly logPath: string;
  /** Ends everything, and removes its files. */
  close(): Promise<void>;
}

/** Small and quick, so that a small load gets the gateway into every state. */
const gatewayEnv = {
  VERIGATE_UPSTREAM_CONCURRENCY: "24",
  VERIGATE_UPSTREAM_RPS: "120",
  VERIGATE_ATTEMPT_TIMEOUT: "700ms",
  VERIGATE_LIST_ATTEMPT_TIMEOUT: "2s",
  VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "3s",
  VERIGATE_DEFAULT_DEADLINE: "4s",
  VERIGATE_BREAKER_MIN_CALLS: "10",
  VERIGATE_BREAKER_WINDOW: "2s",
  VERIGATE_BREAKER_OPEN: "1500ms",
  // Reached by every service, of which none is to be shut out for the rest of the day.
  VERIGATE_LIMIT_SERVICE_SENDS: "40",
  VERIGATE_LIMIT_SHADOW: "service_sends",
  VERIGATE_JWT_ISSUER: "https://issuer.example",
  VERIGATE_JWT_AUDIENCE: "verigate",
};

const account = { username: "observe", password: "observe-password" };

/** Starts sandbox, store, gateway, Prometheus and the load, all on free ports. What was started is ended where a part fails. */
export async function startObservedParts(options: ObservedOptions): Promise<ObservedParts> {
  const { pace, hasPrometheus, hasRedis, history } = options;
  const folder = mkdtempSync(join(tmpdir(), "verigate-observe-"));
  const removeFolder = () => rmSync(folder, { recursive: true, force: true });
  // Even where nobody gets to close.
  process.once("exit", removeFolder);
  const ends: (() => Promise<void> | void)[] = [removeFolder];
  const close = async () => {
    // Last in, first out.
    for (const end of ends.splice(0).reverse()) {
      await end();
    }
  };
  try {
    const sandbox = createSandbox({ port: 0, accounts: [account] });
    const { url: sandboxUrl } = await sandbox.listen();
    ends.push(() => sandbox.close());
    const link = await startUpstreamLink(sandboxUrl);
    ends.push(() => link.close());
    const redis = hasRedis ? new RedisProcess({ port: await freePort(), folder }) : undefined;
    await redis?.start();
    ends.push(() => redis?.kill());

    const serviceIds = await Promise.all(["shop", "bank", "club"].map((name) => createService(sandboxUrl, name)));
    const caPath = join(folder, "ca.pem");
    writeFileSync(caPath, rootCertificates[0] ?? "");
    const logPath = join(folder, "gateway.log");
    const listen = `127.0.0.1:${await freePort()}`;
    const guardedListen = `127.0.0.1:${await freePort()}`;
    const keysPath = join(folder, "keys");
    writeFileSync(keysPath, `shop sha256:${hash("sha256", randomUUID())}\n`);
    const gateway = await startGatewayProcess({
      logPath,
      env: {
        VERIGATE_LISTEN: `${listen},${guardedListen}`,
        VERIGATE_TRUSTED_LISTEN: listen,
        VERIGATE_KEYS_FILE: keysPath,
        // Nobody listens there: tokens can't be checked.
        VERIGATE_JWT_JWKS: `https://127.0.0.1:${await freePort()}/jwks`,
        ...gatewayEnv,
        VERIGATE_UPSTREAM_URL: link.url,
        // Not for use, but for the figure of when it expires.
        VERIGATE_UPSTREAM_CA_FILE: caPath,
        MESSENTE_API_USERNAME: account.username,
        MESSENTE_API_PASSWORD: account.password,
        // The third one is among the others.
        VERIGATE_METRICS_SERVICES: serviceIds.slice(0, 2).join(","),
        ...(redis === undefined
          ? {}
          : { VERIGATE_REDIS_URL: redis.url, VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64") }),
      },
    });
    ends.push(() => gateway.kill());
    const target = new URL(gateway.adminUrl).host;
    const prometheus = hasPrometheus
      ? await startPrometheus({ target, folder, ...(history === undefined ? {} : { history }) })
      : undefined;
    ends.push(() => prometheus?.kill());
    const load = await startMixedLoad({
      baseUrl: gateway.baseUrl,
      guardedUrl: `http://${guardedListen}`,
      keysPath,
      sandbox: new SandboxControl(sandboxUrl),
      link,
      redis,
      serviceIds,
      pace,
    });
    ends.push(() => load.stop());
    const { baseUrl: gatewayUrl, adminUrl } = gateway;
    return { load, gatewayUrl, adminUrl, sandboxUrl, prometheus, logPath, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** At the provider, as its customers do: the gateway has to know the ids when it starts. */
async function createService(sandboxUrl: string, name: string): Promise<string> {
  const { username, password } = account;
  const response = await fetch(`${sandboxUrl}/v1/service/service`, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      "x-service-auth": `${username}:${password}`,
    },
    body: JSON.stringify({ fqdn: `${name}.example`, name }),
  });
  return ((await response.json()) as { id: string }).id;
}
