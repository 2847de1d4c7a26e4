import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../src/free-port.ts";
import { makeChaosCertificates } from "./chaos-certificates.ts";
import { type GatewayProcess, startGatewayProcess } from "./gateway-process.ts";
import { startTunnelProxy, type TunnelProxy } from "./tunnel-proxy.ts";
import { UpstreamProcess } from "./upstream-process.ts";

/** How the gateway reaches the upstream: in cleartext, by TLS, by a name, or by TLS through a proxy. */
export type Link = "http" | "https" | "name" | "proxy";

/** What a scenario has at hand. */
export interface Parts {
  readonly gateway: GatewayProcess;
  readonly upstream: UpstreamProcess;
  /** The same upstream at another address; not started. */
  readonly standby: UpstreamProcess;
  /** The upstream's name, where the gateway reaches it by one. */
  readonly name: { point(address: string | undefined): void };
  /** Where the gateway reaches the upstream through it. */
  readonly proxy: TunnelProxy;
  readonly journalPath: string;
  close(): Promise<void>;
}

/** Starts upstream, proxy and gateway, linked like that. `folder` takes their files. */
export async function startParts(link: Link, folder: string, env: Readonly<Record<string, string>>): Promise<Parts> {
  const isTls = link === "https" || link === "proxy";
  const journalPath = join(folder, "journal");
  const namePath = join(folder, "address");
  writeFileSync(journalPath, "");
  const certificates = isTls ? await makeChaosCertificates(folder) : undefined;
  const port = await freePort();
  const common = { port, journalPath, ...(certificates === undefined ? {} : { certificates }) };
  const upstream = new UpstreamProcess({ host: "127.0.0.1", ...common });
  const standby = new UpstreamProcess({ host: "127.0.0.2", ...common });
  const name: Parts["name"] = {
    point: (address) => (address === undefined ? rmSync(namePath) : writeFileSync(namePath, address)),
  };
  const proxy = await startTunnelProxy();

  async function close(gateway?: GatewayProcess): Promise<void> {
    await Promise.all([gateway?.kill(), upstream.kill(), standby.kill()]);
    proxy.close();
  }

  try {
    await upstream.start();
    name.point("127.0.0.1");
    const gateway = await startGatewayProcess({
      env: {
        ...env,
        VERIGATE_UPSTREAM_URL: `${isTls ? "https://localhost" : link === "name" ? "http://upstream.test" : "http://127.0.0.1"}:${port}`,
        ...(certificates === undefined ? {} : { VERIGATE_UPSTREAM_CA_FILE: certificates.server.certFile }),
        ...(link === "name" ? { VERIGATE_ALLOW_PLAINTEXT_UPSTREAM: "true", CHAOS_DNS_FILE: namePath } : {}),
        ...(link === "proxy" ? { HTTPS_PROXY: proxy.url } : {}),
      },
      ...(link === "name" ? { preload: "fake-dns.ts" } : {}),
    });
    return { gateway, upstream, standby, name, proxy, journalPath, close: () => close(gateway) };
  } catch (error) {
    await close();
    throw error;
  }
}
