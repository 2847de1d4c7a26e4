import { spawn } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { AuthMethod } from "@verigate/contract";
import { expect, onTestFinished } from "vitest";
import { type Certificates, makeCertificates } from "./certificates.ts";
import { type RunningCommand, startVerigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { envForTest } from "./gateway-under-test.ts";
import { openssl, redisServer, testWith } from "./real-or-skip.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcErrorOf } from "./rpc-error.ts";
import { userOfService } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

const test = testWith(openssl, redisServer);
const initiation = { ...userOfService, method: AuthMethod.SMS, requestId: "6b1d9f0e-0000-4000-8000-00000000000a" };

/** A Redis server that speaks TLS alone, with a certificate for localhost and 127.0.0.1; it ends with the test. */
async function startRedis({ authority, server }: Certificates): Promise<number> {
  const port = await freePort();
  const child = spawn(
    "redis-server",
    [
      ...["--port", "0", "--tls-port", String(port), "--bind", "127.0.0.1", "127.0.0.2"],
      ...[
        "--tls-cert-file",
        server.certFile,
        "--tls-key-file",
        server.keyFile,
        "--tls-ca-cert-file",
        authority.certFile,
      ],
      ...["--tls-auth-clients", "no", "--save", "", "--dir", temporaryFolder()],
    ],
    { stdio: "ignore" },
  );
  const ended = once(child, "close");
  onTestFinished(async () => {
    child.kill("SIGKILL");
    await ended;
  });
  await eventually(() => accepts(port));
  return port;
}

function accepts(port: number): Promise<true | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(undefined));
    socket.once("connect", () => socket.destroy());
  });
}

/** A gateway in a process of its own, because that alone reads NODE_EXTRA_CA_CERTS, and an upstream behind it. */
async function startGateway(redisUrl: string, env: Readonly<Record<string, string>>) {
  const upstream = await startScriptedUpstream({ status: 201, body: { method: "sms", auth_id: "a1" } });
  const command = startVerigate({
    ...envForTest(upstream.url),
    VERIGATE_ADMIN_LISTEN: "off",
    VERIGATE_LOG_LEVEL: "info",
    VERIGATE_REDIS_URL: redisUrl,
    VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
    ...env,
  });
  const [, authority = ""] = await command.said(/"address":"(127\.0\.0\.1:\d+)"/);
  return { command, upstream, auth: rpcClient({ authority }).auth };
}

const causeOfTrouble = async ({ said }: RunningCommand) =>
  (await said(/"cause":"([^"]+)","msg":"the shared store can't be reached"/))[1];

test.each(["localhost", "127.0.0.1"])("over TLS to %s, a request_id is carried out once", async (host) => {
  const certificates = await makeCertificates();
  const port = await startRedis(certificates);
  const env = { NODE_EXTRA_CA_CERTS: certificates.authority.certFile };
  const { auth, upstream } = await startGateway(`rediss://${host}:${port}`, env);

  // It may not be connected yet.
  const first = await eventually(() => auth.initiateAuth(initiation).catch(() => undefined));
  const repeat = await auth.initiateAuth(initiation);
  expect([first.replayed, repeat.replayed]).toEqual([false, true]);
  expect(upstream.mutations).toBe(1);
});

test.each([
  ["of an authority that Node does not know", "localhost", false, "SELF_SIGNED_CERT_IN_CHAIN"],
  ["for other names", "127.0.0.2", true, "ERR_TLS_CERT_ALTNAME_INVALID"],
] as const)(
  "a server whose certificate is %s is told nothing, and the log says why",
  async (_name, host, isAuthorityKnown, code) => {
    const certificates = await makeCertificates();
    const port = await startRedis(certificates);
    const env = isAuthorityKnown ? { NODE_EXTRA_CA_CERTS: certificates.authority.certFile } : {};
    const { command, auth, upstream } = await startGateway(`rediss://user:secret-0451@${host}:${port}`, env);

    expect(await causeOfTrouble(command)).toBe(`RedisFailure ${code}`);
    expect((await rpcErrorOf(auth.initiateAuth(initiation))).infos).toEqual([
      "verigate/STORE_UNAVAILABLE -> REPEAT_SAME_REQUEST_ID",
    ]);
    expect(await command.said(/"cause":"([^"]+)","msg":"the store is down/)).toMatchObject({
      1: expect.stringContaining(code),
    });
    expect(command.lines.join()).not.toContain("secret-0451");
    expect(upstream.mutations).toBe(0);
  },
);
