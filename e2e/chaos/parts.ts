import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../src/free-port.ts";
import { makeChaosCertificates } from "./chaos-certificates.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { RedisProcess } from "./redis-process.ts";
import { startTunnelProxy, type TunnelProxy } from "./tunnel-proxy.ts";
import { UpstreamProcess } from "./upstream-process.ts";

/** How the gateway reaches the upstream: in cleartext, by TLS, by a name, or by TLS through a proxy. */
export type Link = "http" | "https" | "name" | "proxy";

/** Where the gateway keeps what repeats must find: in its own memory, or in a Redis that two replicas share. */
export type Store = "memory" | "redis";

export interface PartsOptions {
  readonly link: Link;
  readonly store: Store;
  /** Takes the files of all. */
  readonly folder: string;
  /** Settings of the gateways. */
  readonly env: Readonly<Record<string, string>>;
}

/** What a scenario has at hand. */
export interface Parts {
  /** One, or as many replicas as share the store. */
  readonly gateways: readonly [GatewayProcess, ...GatewayProcess[]];
  readonly upstream: UpstreamProcess;
  /** The same upstream at another address; not started. */
  readonly standby: UpstreamProcess;
  /** The upstream's name, where the gateway reaches it by one. */
  readonly name: { point(address: string | undefined): void };
  /** Where the gateway reaches the upstream through it. */
  readonly proxy: TunnelProxy;
  /** The shared store, where there is one. */
  readonly redis: RedisProcess;
  readonly journalPath: string;
  close(): Promise<void>;
}

/** Starts upstream, proxy, store and gateways, linked like that. */
export async function startParts({ link, store, folder, env }: PartsOptions): Promise<Parts> {
  const isTls = link === "https" || link === "proxy";
  const journalPath = join(folder, "journal");
  const namePath = join(folder, "address");
  writeFileSync(journalPath, "");
  const certificates = isTls ? await makeChaosCertificates(folder) : undefined;
  const port = await freePort();
  const common = { port, journalPath, ...(certificates === undefined ? {} : { certificates }) };
  const upstream = new UpstreamProcess({ host: "127.0.0.1", ...common });
  const standby = new UpstreamProcess({ host: "127.0.0.2", ...common });
  const redis = new RedisProcess({ port: await freePort(), folder });
  const name: Parts["name"] = {
    point: (address) => (address === undefined ? rmSync(namePath) : writeFileSync(namePath, address)),
  };
  const proxy = await startTunnelProxy();
  const gateways: GatewayProcess[] = [];

  async function startGateway(): Promise<GatewayProcess> {
    const gateway = await startGatewayProcess({
      env: {
        ...env,
        VERIGATE_UPSTREAM_URL: `${isTls ? "https://localhost" : link === "name" ? "http://upstream.test" : "http://127.0.0.1"}:${port}`,
        ...(certificates === undefined ? {} : { VERIGATE_UPSTREAM_CA_FILE: certificates.server.certFile }),
        ...(link === "name" ? { VERIGATE_ALLOW_PLAINTEXT_UPSTREAM: "true", CHAOS_DNS_FILE: namePath } : {}),
        ...(link === "proxy" ? { HTTPS_PROXY: proxy.url } : {}),
        ...(store === "redis" ? sharedStoreAt(redis.url) : {}),
      },
      ...(link === "name" ? { preload: "fake-dns.ts" } : {}),
    });
    gateways.push(gateway);
    return gateway;
  }

  async function close(): Promise<void> {
    await Promise.all([...gateways.map((gateway) => gateway.kill()), upstream.kill(), standby.kill(), redis.kill()]);
    proxy.close();
  }

  try {
    await upstream.start();
    name.point("127.0.0.1");
    if (store === "redis") {
      await redis.start();
    }
    const first = await startGateway();
    const others = store === "redis" ? [await startGateway()] : [];
    return { gateways: [first, ...others], upstream, standby, name, proxy, redis, journalPath, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function sharedStoreAt(url: string): Record<string, string> {
  return {
    VERIGATE_REDIS_URL: url,
    VERIGATE_REPLICATED: "true",
    VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
    VERIGATE_STORE_FAILURE: "reject",
  };
}
