import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished } from "vitest";
import { startPrometheus } from "../observe/prometheus-process.ts";
import { eventually } from "./eventually.ts";
import { type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { http2Request } from "./raw-http.ts";
import { prometheus, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcErrorOf } from "./rpc-error.ts";
import { runCommand } from "./run-command.ts";
import { aUser, userOfService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const slow = { timeout: 60_000 };

/** A gateway that has answered some calls, one of them in a recorded trace. */
async function startUsed(): Promise<GatewayUnderTest> {
  const upstream = await startScriptedUpstream(({ path }) =>
    path.endsWith("u1") ? { status: 200, body: aUser } : { status: 404 },
  );
  const gateway = await startGateway({ upstream, env: { VERIGATE_METRICS_SERVICES: 's1,"quoted\\service"' } });
  const { users } = rpcClient(gateway);
  await users.getUser(userOfService, { headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` } });
  await rpcErrorOf(users.getUser({ ...userOfService, userId: "u2" }));
  await http2Request(gateway.authority, { ":method": "GET", ":path": "/nothing" });
  return gateway;
}

/** What a Prometheus that scrapes `host` has of the gateway's answered calls; it has scraped twice by then. */
async function scrapedBy(host: string) {
  const monitor = await startPrometheus({ target: host, folder: temporaryFolder() });
  onTestFinished(() => monitor.kill());
  const now = () => Date.now() / 1_000;
  await eventually(async () => {
    const [up] = await monitor.query("sum_over_time(up[1m])", now());
    return (up?.points[0]?.[1] ?? 0) >= 2 ? true : undefined;
  });
  const handled = await monitor.query('grpc_server_handled_total{grpc_method="GetUser"}', now());
  return { monitor, codes: handled.map(({ labels, points }) => `${labels.grpc_code} ${points[0]?.[1]}`).sort() };
}

testWith(prometheus)("Prometheus reads OpenMetrics, and finds the trace of a call", slow, async () => {
  const gateway = await startUsed();
  const { monitor, codes } = await scrapedBy(new URL(gateway.adminUrl).host);
  expect(codes).toEqual(["NotFound 1", "OK 1"]);

  const range = new URLSearchParams({
    query: 'grpc_server_handling_seconds_bucket{grpc_method="GetUser"}',
    start: String(Date.now() / 1_000 - 60),
    end: String(Date.now() / 1_000 + 60),
  });
  const answer = await (await fetch(`${monitor.url}/api/v1/query_exemplars?${range}`)).json();
  const found = (answer as { data: { exemplars: { labels: object }[] }[] }).data.flatMap(({ exemplars }) => exemplars);
  expect(found.map(({ labels }) => labels)).toEqual([{ trace_id: traceId }]);
});

testWith(prometheus)("Prometheus reads the text format just as well, without traces", slow, async () => {
  const gateway = await startUsed();
  // Asks as a scraper does that knows no other format.
  const relay = createServer(async (request, response) => {
    const page = await fetch(gateway.adminUrl + request.url, { headers: { accept: "text/plain" } });
    const type = page.headers.get("content-type") ?? "";
    response.writeHead(page.status, { "content-type": type }).end(await page.text());
  });
  relay.listen(0, "127.0.0.1");
  await once(relay, "listening");
  onTestFinished(() => {
    relay.close();
    relay.closeAllConnections();
  });
  const { codes } = await scrapedBy(`127.0.0.1:${(relay.address() as AddressInfo).port}`);
  expect(codes).toEqual(["NotFound 1", "OK 1"]);
});

testWith(prometheus)("promtool finds nothing to say about our metrics", slow, async () => {
  const gateway = await startUsed();
  const page = await fetch(`${gateway.adminUrl}/metrics`);
  expect(page.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  const { exitCode, stdout, stderr } = await runCommand("promtool", ["check", "metrics"], { input: await page.text() });
  const problems = `${stdout}${stderr}`.split("\n").filter((line) => line !== "");
  // 3 says that there is advice; 1 would say that it can't be read. What Node's own gauges are called is not in our hands.
  expect([0, 3]).toContain(exitCode);
  expect(problems.filter((line) => !line.startsWith("nodejs_"))).toEqual([]);
});
