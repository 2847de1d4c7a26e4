import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startNode } from "./command-under-test.ts";
import { envForTest } from "./gateway-under-test.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** Packages of OpenTelemetry that a gateway has loaded when it has served a call and ended. */
async function packagesLoaded(env: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const upstream = await startScriptedUpstream({ status: 200, body: { verified: true, method: "sms" } });
  const record = join(temporaryFolder(), "modules");
  const main = inRepository("apps/gateway/src/main.ts");
  const gateway = startNode(["--import", inRepository("e2e/src/load-record.ts"), main, "serve"], {
    ...envForTest(upstream.url),
    VERIGATE_LOG_LEVEL: "info",
    LOAD_RECORD: record,
    ...env,
  });
  const [, authority = ""] = await gateway.said(/"address":"(127[^"]*)"/);
  await rpcClient({ authority }).auth.verifyPin(verifyPin);
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toBe(0);

  const modules = readFileSync(record, "utf8");
  expect(modules).toContain("apps/gateway/src/inbound/rpc-span.ts");
  return [...new Set(modules.match(/@opentelemetry\/[\w-]+/g))].sort();
}

/** prom-client loads this one, which does nothing without the others. */
const api = "@opentelemetry/api";
const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:9" };

test.each([
  { name: "without OTEL settings", env: {} },
  { name: "with OTEL_SDK_DISABLED=true", env: { ...endpoint, OTEL_SDK_DISABLED: "true" } },
  { name: "with OTEL_TRACES_EXPORTER=none", env: { ...endpoint, OTEL_TRACES_EXPORTER: "none" } },
])("$name, nothing of OpenTelemetry's SDK is loaded", async ({ env }) => {
  expect(await packagesLoaded(env)).toEqual([api]);
});

test("with an endpoint, OpenTelemetry's SDK is loaded", async () => {
  expect(await packagesLoaded(endpoint)).toEqual(
    expect.arrayContaining(["@opentelemetry/sdk-trace", "@opentelemetry/exporter-trace-otlp-proto"]),
  );
});
