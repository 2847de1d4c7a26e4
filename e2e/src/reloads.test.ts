import { once } from "node:events";
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { connect } from "node:tls";
import { createVerigateClient } from "@verigate/client";
import { expect, onTestFinished, test as plainTest } from "vitest";
import { fileOf, keysOf } from "./caller-credentials.ts";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { startVerigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { envForTest, type GatewayUnderTest, startGateway } from "./gateway-under-test.ts";
import { jsonCall } from "./json-call.ts";
import { openssl, testWith } from "./real-or-skip.ts";
import { aService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const test = testWith(openssl);

/** A folder of files as Kubernetes projects them: behind a symbolic link that is turned in one step. */
function projectedFolder(files: Readonly<Record<string, string | Uint8Array>>) {
  const folder = temporaryFolder();
  let version = 0;
  const writeVersion = (next: typeof files) => {
    version += 1;
    mkdirSync(join(folder, `..${version}`));
    for (const [name, content] of Object.entries(next)) {
      writeFileSync(join(folder, `..${version}`, name), content);
    }
    symlinkSync(`..${version}`, join(folder, "..data_tmp"));
    renameSync(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  writeVersion(files);
  for (const name of Object.keys(files)) {
    symlinkSync(join("..data", name), join(folder, name));
  }
  return {
    pathOf: (name: string) => join(folder, name),
    update(next: typeof files) {
      const last = version;
      writeVersion(next);
      rmSync(join(folder, `..${last}`), { recursive: true });
    },
  };
}

/** Calls without a pause until it is told to stop; tells how many failed, and how. */
function load(call: () => Promise<{ status: number }>) {
  let isOver = false;
  const outcomes: Record<string, number> = {};
  const count = (outcome: string) => {
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  };
  const worker = async () => {
    while (!isOver) {
      await call().then(
        ({ status }) => count(String(status)),
        (error: Error) => count(error.message),
      );
    }
  };
  const workers = [worker(), worker(), worker(), worker()];
  return async () => {
    isOver = true;
    await Promise.all(workers);
    return Object.keys(outcomes);
  };
}

async function metricsOf({ adminUrl }: GatewayUnderTest): Promise<string> {
  return await (await fetch(`${adminUrl}/metrics`)).text();
}

/** Fulfils when files of this kind have been reloaded that often. */
async function reloaded(gateway: GatewayUnderTest, secret: string, result: "loaded" | "failed", times = 1) {
  const line = `verigate_secret_reloads_total{secret="${secret}",result="${result}"} ${times}`;
  await eventually(async () => ((await metricsOf(gateway)).includes(line) ? true : undefined));
}

/** The certificate that a listener shows. */
async function shownBy(port: number, { authority }: Certificates): Promise<string> {
  const socket = connect({ host: "127.0.0.1", servername: "localhost", port, ca: authority.cert });
  onTestFinished(() => {
    socket.destroy();
  });
  await once(socket, "secureConnect");
  return socket.getPeerCertificate().fingerprint256;
}

test("certificate and key are swapped under load, new connections get the new one, and no call fails", async () => {
  const certificates = await makeCertificates();
  const { authority, server, sign } = certificates;
  const next = await sign("next", "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const folder = projectedFolder({ "tls.crt": server.cert, "tls.key": server.key });
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({
    upstream,
    env: { VERIGATE_TLS_CERT_FILE: folder.pathOf("tls.crt"), VERIGATE_TLS_KEY_FILE: folder.pathOf("tls.key") },
  });
  const client = createVerigateClient({
    address: `https://localhost:${gateway.port}`,
    tls: { ca: authority.cert },
  });
  onTestFinished(() => client.close());
  const before = await shownBy(gateway.port, certificates);
  const stopNew = load(() => jsonCall({ port: gateway.port, tls: { ca: authority.cert } }));
  const stopKept = load(async () => {
    await client.services.getService({ serviceId: "s1" });
    return { status: 200 };
  });

  folder.update({ "tls.crt": next.cert, "tls.key": next.key });
  await reloaded(gateway, "tls", "loaded");
  expect(await shownBy(gateway.port, certificates)).not.toBe(before);
  expect([await stopNew(), await stopKept()]).toEqual([["200"], ["200"]]);
});

test("a certificate without its key changes nothing, until the key has come", async () => {
  const certificates = await makeCertificates();
  const { server, sign } = certificates;
  const next = await sign("next", "subjectAltName=DNS:localhost,IP:127.0.0.1");
  const [cert, key] = [fileOf(server.cert), fileOf(server.key)];
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const gateway = await startGateway({
    upstream,
    env: { VERIGATE_TLS_CERT_FILE: cert.path, VERIGATE_TLS_KEY_FILE: key.path },
  });
  const before = await shownBy(gateway.port, certificates);
  cert.replace(next.cert);
  await reloaded(gateway, "tls", "failed");
  expect(await shownBy(gateway.port, certificates)).toBe(before);
  expect(await metricsOf(gateway)).toContain('verigate_secret_in_force{secret="tls"} 0\n');
  key.replace(next.key);
  await reloaded(gateway, "tls", "loaded");
  expect(await shownBy(gateway.port, certificates)).not.toBe(before);
  expect(await metricsOf(gateway)).toContain('verigate_secret_in_force{secret="tls"} 1\n');
});

plainTest("a caller's key is replaced under load by way of a second one, and no call fails", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const folder = projectedFolder({ keys: keysOf({ login: "vg_old" }) });
  const gateway = await startGateway({ upstream, env: { VERIGATE_KEYS_FILE: folder.pathOf("keys") } });
  let key = "vg_old";
  const call = (token: string) => jsonCall({ port: gateway.port, headers: { authorization: `Bearer ${token}` } });
  const stop = load(() => call(key));

  folder.update({ keys: keysOf({ login: "vg_old" }) + keysOf({ login: "vg_new" }) });
  await reloaded(gateway, "keys", "loaded", 1);
  key = "vg_new";
  await call("vg_old").then(({ status }) => expect(status).toBe(200));
  folder.update({ keys: "" });
  await reloaded(gateway, "keys", "failed", 1);
  folder.update({ keys: keysOf({ login: "vg_new" }) });
  await reloaded(gateway, "keys", "loaded", 2);
  expect(await stop()).toEqual(["200"]);
  expect((await call("vg_old")).status).toBe(401);
});

test("an upstream whose authority changes is reached on, under load, when the new one is there", async () => {
  const [before, after] = [await makeCertificates(), await makeCertificates()];
  const upstream = createServer({ cert: before.server.cert, key: before.server.key }, (_, response) => {
    response.end(JSON.stringify(aService));
  });
  upstream.listen(0, "127.0.0.1");
  await once(upstream, "listening");
  onTestFinished(() => {
    upstream.closeAllConnections();
    upstream.close();
  });
  const authorities = fileOf(before.authority.cert);
  const { port } = upstream.address() as AddressInfo;
  const gateway = await startGateway({
    upstream: { url: `https://localhost:${port}` },
    env: { VERIGATE_UPSTREAM_CA_FILE: authorities.path },
  });
  const call = () => jsonCall({ port: gateway.port });
  const stop = load(call);

  // As it is done: first both are trusted, then the upstream gets its new certificate, then the old authority goes.
  authorities.replace(Buffer.concat([before.authority.cert, after.authority.cert]));
  await reloaded(gateway, "upstream_ca", "loaded", 1);
  upstream.setSecureContext({ cert: after.server.cert, key: after.server.key });
  authorities.replace(after.authority.cert);
  await reloaded(gateway, "upstream_ca", "loaded", 2);
  expect((await call()).status).toBe(200);
  expect(await stop()).toEqual(["200"]);

  authorities.replace("no certificate");
  await reloaded(gateway, "upstream_ca", "failed");
  expect((await call()).status).toBe(200);
  authorities.replace(before.authority.cert);
  await reloaded(gateway, "upstream_ca", "loaded", 3);
  expect(await call()).toMatchObject({ status: 503, reason: "UPSTREAM_UNREACHABLE" });
});

plainTest("an account that changes in its file is used from then on, without a refusal in between", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aService });
  const password = fileOf("before\n");
  const gateway = await startGateway({
    upstream,
    env: { MESSENTE_API_PASSWORD: "", MESSENTE_API_PASSWORD_FILE: password.path },
  });
  const signedWith = async () => {
    await jsonCall({ port: gateway.port });
    return upstream.requests.at(-1)?.headers["x-service-auth"];
  };
  expect(await signedWith()).toBe("sandbox:before");
  password.replace("after\n");
  await reloaded(gateway, "account", "loaded");
  expect(await signedWith()).toBe("sandbox:after");
  password.replace("");
  await reloaded(gateway, "account", "failed");
  expect(await signedWith()).toBe("sandbox:after");
});

plainTest("a reload that fails is logged once, with the lines that are wrong and no secret", async () => {
  const keys = fileOf(keysOf({ login: "vg_key" }));
  const port = await freePort();
  const command = startVerigate({
    ...envForTest("http://127.0.0.1:9"),
    VERIGATE_LISTEN: `127.0.0.1:${port}`,
    VERIGATE_LOG_LEVEL: "info",
    VERIGATE_KEYS_FILE: keys.path,
  });
  await command.said(/"msg":"listening"/);
  keys.replace("login vg_secret-0451\n");
  await command.said(/not reloaded/);
  keys.replace(keysOf({ login: "vg_other" }));
  await command.said(/"msg":"reloaded"/);
  const failures = command.lines.filter((line) => line.includes("not reloaded"));
  expect(failures).toHaveLength(1);
  expect(JSON.parse(failures[0] ?? "")).toMatchObject({
    level: "error",
    setting: "keys",
    mistakes: expect.stringContaining(":1: is not `name sha256:"),
  });
  expect(command.lines.join("\n")).not.toContain("secret-0451");
});
