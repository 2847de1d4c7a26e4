import { once } from "node:events";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, expect, onTestFinished, vi } from "vitest";
import { startTunnelProxy } from "../chaos/tunnel-proxy.ts";
import { makeCertificates } from "./certificates.ts";
import { startGateway } from "./gateway-under-test.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { aService } from "./samples.ts";

// The age of a connection is told by Date, so that minutes pass without waiting. All else is real.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.useRealTimers();
});

testWith(openssl)(
  "tunnels are renewed after 5 minutes, so that the proxy looks the upstream's name up again",
  async () => {
    const { authority, server } = await makeCertificates();
    const upstream = createServer({ cert: server.cert, key: server.key }, (_, response) => {
      response.end(JSON.stringify(aService));
    });
    upstream.listen(0, "127.0.0.1");
    await once(upstream, "listening");
    const proxy = await startTunnelProxy();
    onTestFinished(() => {
      proxy.close();
      upstream.closeAllConnections();
      upstream.close();
    });
    const gateway = await startGateway({
      upstream: { url: `https://localhost:${(upstream.address() as AddressInfo).port}` },
      env: { VERIGATE_UPSTREAM_CA_FILE: authority.certFile, HTTPS_PROXY: proxy.url },
    });
    const { services } = rpcClient(gateway);
    const call = () => services.getService({ serviceId: "s1" });

    await call();
    const before = proxy.asked.length;
    vi.setSystemTime(Date.now() + 5 * 60_000 + 1);
    await call();
    expect(proxy.asked).toHaveLength(before + 1);
  },
);
