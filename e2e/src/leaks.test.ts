import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startVerigate } from "./command-under-test.ts";
import { freePort } from "./free-port.ts";
import { envForTest } from "./gateway-under-test.ts";
import { startOtlpReceiver, traceEnvOf } from "./otlp-receiver.ts";
import { protocols, rpcClient } from "./rpc-client.ts";
import { textOfError } from "./rpc-error.ts";
import { saltedCalls, saltedHeaders } from "./salted-calls.ts";
import { sendSaltedRequests } from "./salted-requests.ts";
import { saltedReactions } from "./salted-upstream.ts";
import { callersOwn, salts, saltsIn } from "./salts.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A gateway whose every secret is a salt, that says all it can say. */
async function startSaltedGateway(env: Readonly<Record<string, string>>) {
  const upstream = await startScriptedUpstream("hang");
  const receiver = await startOtlpReceiver();
  const adminPort = await freePort();
  const auditLog = join(temporaryFolder(), "audit.log");
  const gateway = startVerigate({
    ...envForTest(upstream.url),
    ...traceEnvOf(receiver),
    OTEL_EXPORTER_OTLP_HEADERS: `authorization=${salts.apiKey.text}`,
    MESSENTE_API_USERNAME: salts.username.text,
    MESSENTE_API_PASSWORD: salts.password.text,
    VERIGATE_HASH_KEY: Buffer.from(salts.hashKey.text).toString("base64"),
    VERIGATE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    VERIGATE_LOG_LEVEL: "debug",
    VERIGATE_AUDIT_LOG: auditLog,
    VERIGATE_REFLECTION: "true",
    VERIGATE_BREAKER_ERROR_PERCENT: "0",
    VERIGATE_ATTEMPT_TIMEOUT: "300ms",
    VERIGATE_LIST_ATTEMPT_TIMEOUT: "300ms",
    VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "300ms",
    ...env,
  });
  const [, authority = ""] = await gateway.said(/"address":"(127[^"]*)"/);
  const page = async (path: string, accept = "*/*") =>
    (await fetch(`http://127.0.0.1:${adminPort}${path}`, { headers: { accept } })).text();
  return { upstream, receiver, gateway, authority, auditLog, page };
}

/** Makes all calls at once, in every protocol, and fulfils with the errors, as text. */
async function errorsOfCalls(authority: string, more: Record<string, string> = {}): Promise<readonly string[]> {
  const headers = { ...saltedHeaders, ...more };
  const clients = protocols.map((protocol) => rpcClient({ authority }, protocol));
  const ends = await Promise.allSettled(
    clients.flatMap((client) => saltedCalls.map((call) => call(client, { headers }))),
  );
  return ends.flatMap((end) => (end.status === "rejected" ? [textOfError(end.reason)] : []));
}

type SaltedGateway = Awaited<ReturnType<typeof startSaltedGateway>>;

/** Ends the gateway; what of the salts is in all that came out of it, and its logs. `errors` are what callers got. */
async function endOf({ receiver, gateway, auditLog, page }: SaltedGateway, errors: readonly string[]) {
  const pages = await Promise.all([
    page("/metrics"),
    page("/metrics", "application/openmetrics-text; version=1.0.0"),
    page("/readyz?verbose"),
    page("/livez"),
  ]);
  gateway.kill("SIGTERM");
  expect(await gateway.ended).toBe(0);

  const log = gateway.lines.join("\n");
  const audit = withoutServices(readFileSync(auditLog, "utf8"));
  const foreign = Object.values(salts).filter((salt) => !callersOwn.includes(salt));
  const found = {
    log: saltsIn(log),
    audit: saltsIn(audit),
    standardError: saltsIn(gateway.errorLines.join("\n")),
    pages: saltsIn(pages.join("\n")),
    traces: saltsIn(receiver.deliveries.map(({ bytes }) => bytes.toString("latin1")).join("\n")),
    errors: saltsIn(errors.join("\n"), foreign),
  };
  return { found, log, audit, metrics: pages[0], reasons: [...new Set(log.match(/(?<="reason":")\w+/g))] };
}

/** An audit log without the ids of services, which it names on purpose, as callers sent them. */
function withoutServices(lines: string): string {
  const others = ({ service: _, ...fields }: Record<string, unknown>) => JSON.stringify(fields);
  return lines
    .split("\n")
    .slice(0, -1)
    .map((line) => others(JSON.parse(line)))
    .join("\n");
}

const nothing = { log: [], audit: [], standardError: [], pages: [], traces: [], errors: [] };

test("no PIN, phone number or credential gets into a log, a metric, a trace or an error, whatever anybody sends", {
  timeout: 240_000,
}, async () => {
  // Limits look and tell, but refuse nothing that is to reach the upstream.
  const scene = await startSaltedGateway({ VERIGATE_LIMIT_SHADOW: "guesses,send_cooldown,sends" });
  const { upstream, receiver, authority } = scene;
  const errors: string[] = [];
  for (const { script } of saltedReactions) {
    upstream.react(script);
    errors.push(...(await errorsOfCalls(authority)));
  }
  errors.push(...(await sendSaltedRequests(authority)));
  await upstream.close();
  errors.push(...(await errorsOfCalls(authority)));
  const { found, log, audit, metrics, reasons } = await endOf(scene, errors);
  expect(found).toEqual(nothing);

  // There was something to be found, and something to find it in.
  const { pin, phone, username, password, person, id, phoneAsId } = salts;
  for (const salt of [pin, phone, username, password, person, id, phoneAsId]) {
    expect(saltsIn(JSON.stringify(upstream.requests), [salt])).not.toEqual([]);
  }
  const calls = saltedReactions.length * protocols.length * saltedCalls.length;
  expect(log.match(/"msg":"rpc"/g)?.length).toBeGreaterThan(calls);
  expect(audit.match(/"rule":"credentials"/g)?.length).toBeGreaterThan(calls);
  expect(audit).toContain('"decision":"shadow_denied"');
  expect(receiver.spans.length).toBeGreaterThan(calls);
  expect(errors.length).toBeGreaterThan(calls / 2);
  expect(metrics).toContain("grpc_server_handled_total");
  expect(reasons).toEqual(expect.arrayContaining([...reasonsOfTheLoad]));
});

test("nor where callers show keys, and limits refuse", { timeout: 60_000 }, async () => {
  const key = `vg_${Buffer.from(salts.callerKey.text).toString("base64url")}`;
  const keysFile = join(temporaryFolder(), "keys");
  writeFileSync(keysFile, `shop sha256:${createHash("sha256").update(key).digest("hex")}\n`);
  const policyFile = join(temporaryFolder(), "policy.yaml");
  writeFileSync(policyFile, 'version: 1\ncallers: [{name: shop, methods: ["*"], services: ["*"]}]\n');
  const scene = await startSaltedGateway({
    VERIGATE_KEYS_FILE: keysFile,
    VERIGATE_POLICY_FILE: policyFile,
    // Of refusals beyond 30 a minute the log says no more than how many.
    VERIGATE_LIMIT_AUTH_FAILURES: "10",
    VERIGATE_LIMIT_GUESSES: "1/10m",
    VERIGATE_LIMIT_SEND_COOLDOWN: "30s",
    VERIGATE_COUNTRIES: "FI",
  });
  const errors: string[] = [];
  for (const { script } of saltedReactions.filter(({ name }) => ["success", "created"].includes(name))) {
    scene.upstream.react(script);
    errors.push(...(await errorsOfCalls(scene.authority, { authorization: `Bearer ${key}` })));
    errors.push(...(await errorsOfCalls(scene.authority)));
  }
  errors.push(...(await sendSaltedRequests(scene.authority)));
  const { found, log, audit, reasons } = await endOf(scene, errors);

  expect(found).toEqual(nothing);
  expect(log).toContain('"caller":"shop"');
  expect(audit).toContain('"caller":"shop"');
  expect(audit).toContain('"decision":"denied"');
  expect(audit).toContain('"rule":"policy"');
  expect(reasons).toEqual(
    expect.arrayContaining(["CALLER_UNAUTHENTICATED", "CALLER_RATE_LIMITED", "COUNTRY_NOT_ALLOWED", "SEND_COOLDOWN"]),
  );
});

/** Ways to fail that the load leads to. */
const reasonsOfTheLoad: readonly string[] = [
  "CALLER_NOT_ALLOWED",
  "CANCELLED",
  "DEADLINE_EXCEEDED",
  "INVALID_REQUEST",
  "METHOD_UNKNOWN",
  "OUTCOME_UNKNOWN",
  "REQUEST_ID_REUSED",
  "REQUEST_TOO_LARGE",
  "SERVICE_EXISTS",
  "SERVICE_NOT_EMPTY",
  "SERVICE_NOT_FOUND",
  "UPSTREAM_BAD_RESPONSE",
  "UPSTREAM_CREDENTIALS_REJECTED",
  "UPSTREAM_FAILED",
  "UPSTREAM_FORBIDDEN",
  "UPSTREAM_RATE_LIMITED",
  "UPSTREAM_REJECTED",
  "UPSTREAM_UNREACHABLE",
  "USER_EXISTS",
  "USER_NOT_FOUND",
  "VERIFICATION_NOT_FOUND",
];
