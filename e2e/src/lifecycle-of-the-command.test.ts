import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { fileOf } from "./caller-credentials.ts";
import { type RunningCommand, startVerigate, verigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { freePort } from "./free-port.ts";
import { envForTest } from "./gateway-under-test.ts";
import { grpcJsClient } from "./grpc-js-client.ts";
import { openSocket, textUntilEnd } from "./raw-http.ts";
import { rpcClient } from "./rpc-client.ts";
import { rpcError, rpcErrorOf } from "./rpc-error.ts";
import { aUser, userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";
import { temporaryFolder } from "./temporary-folder.ts";

/** A gateway of its own process that is ready. */
async function startReady(upstream: string, env: Readonly<Record<string, string>> = {}) {
  const adminPort = await freePort();
  const command = startVerigate({
    ...envForTest(upstream),
    VERIGATE_ADMIN_LISTEN: `127.0.0.1:${adminPort}`,
    VERIGATE_LOG_LEVEL: "info",
    VERIGATE_DRAIN_TIMEOUT: "20s",
    ...env,
  });
  const [, authority = ""] = await command.said(/"address":"(127\.0\.0\.1:\d+)"/);
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  await eventually(() =>
    fetch(`${adminUrl}/readyz`).then(
      ({ ok }) => (ok ? true : undefined),
      () => undefined,
    ),
  );
  return { command, authority, port: Number(authority.split(":")[1]), adminUrl };
}

const isDraining = ({ said }: RunningCommand) => said(/"draining"/);
const bothSignals = ["SIGTERM", "SIGINT"] as const;

describe.each(bothSignals)("after %s", (signal) => {
  test("an idle gateway ends with 0", async () => {
    const { command } = await startReady("http://127.0.0.1:9");
    command.kill(signal);
    expect(await command.ended).toBe(0);
  });

  test("the call in flight is answered, and then the gateway ends with 0", async () => {
    const { promise: held, resolve: release } = Promise.withResolvers<void>();
    const upstream = await startScriptedUpstream(async () => {
      await held;
      return { status: 200, body: { verified: true, method: "sms" } };
    });
    const { command, authority } = await startReady(upstream.url);
    const call = rpcClient({ authority }, "grpc").auth.verifyPin(verifyPin);
    await upstream.received(1);
    command.kill(signal);
    await isDraining(command);
    release();
    expect((await call).verified).toBe(true);
    expect(await command.ended).toBe(0);
  });

  test("a second one ends the gateway at once", async () => {
    const upstream = await startScriptedUpstream("hang");
    const { command, authority } = await startReady(upstream.url, { VERIGATE_DRAIN_TIMEOUT: "10m" });
    const call = rpcErrorOf(rpcClient({ authority }).auth.verifyPin(verifyPin));
    await upstream.received(1);
    command.kill(signal);
    await isDraining(command);
    command.kill(signal);
    expect(await command.ended).toBe(signal === "SIGTERM" ? 143 : 130);
    await call;
  });
});

test("while it drains, it is not ready, says so to watchers, and still takes calls for the drain delay", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const { command, authority, adminUrl } = await startReady(upstream.url, { VERIGATE_DRAIN_DELAY: "10m" });
  const watch = grpcJsClient(authority, "grpc.health.v1.Health").stream("Watch", { service: "" });
  watch.on("error", () => {});
  expect(await once(watch, "data")).toEqual([{ status: "SERVING" }]);
  const readiness = async () => {
    const response = await fetch(`${adminUrl}/readyz`);
    return [response.status, await response.text()];
  };
  expect(await readiness()).toEqual([200, "ready\n"]);

  const told = once(watch, "data");
  command.kill("SIGTERM");
  expect(await told).toEqual([{ status: "NOT_SERVING" }]);
  expect(await readiness()).toEqual([503, "not ready: draining\n"]);
  expect((await fetch(`${adminUrl}/livez`)).status).toBe(200);
  // On a new connection, since balancers still send some.
  expect((await rpcClient({ authority }).users.getUser(userOfService)).user?.id).toBe("u1");

  command.kill("SIGTERM");
  expect(await command.ended).toBe(143);
});

test("after the drain delay it takes no connection any more, while the call in flight goes on", async () => {
  const { promise: held, resolve: release } = Promise.withResolvers<void>();
  const upstream = await startScriptedUpstream(async () => {
    await held;
    return { status: 200, body: aUser };
  });
  const { command, authority, port } = await startReady(upstream.url, { VERIGATE_DRAIN_DELAY: "1ms" });
  const call = rpcClient({ authority }).users.createUser({
    serviceId: "s1",
    phoneNumber: "+37255555555",
    idInService: "anna",
  });
  await upstream.received(1);
  command.kill("SIGTERM");
  await eventually(() =>
    fetch(`http://127.0.0.1:${port}/`).then(
      () => undefined,
      () => true,
    ),
  );
  release();
  expect((await call).user?.id).toBe("u1");
  expect(await command.ended).toBe(0);
});

test("a connection that is idle or says nothing does not hold up the end", async () => {
  const { command, port } = await startReady("http://127.0.0.1:9", { VERIGATE_DRAIN_TIMEOUT: "10m" });
  // Both may be broken off or ended: either is fine.
  const silent = await openSocket(port);
  const idle = await openSocket(port);
  idle.write("GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
  await once(idle, "data");
  const ends = [textUntilEnd(silent), textUntilEnd(idle)];
  command.kill("SIGTERM");
  expect(await command.ended).toBe(0);
  await Promise.all(ends);
});

test("an upstream that never answers does not hold up the end: unsafe calls are answered OUTCOME_UNKNOWN", async () => {
  const upstream = await startScriptedUpstream("hang");
  const { command, authority } = await startReady(upstream.url, {
    VERIGATE_DRAIN_TIMEOUT: "1ms",
    VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "5m",
  });
  const call = rpcErrorOf(rpcClient({ authority }).auth.verifyPin(verifyPin));
  await upstream.received(1);
  command.kill("SIGTERM");
  expect(await call).toEqual(rpcError("Unknown", "OUTCOME_UNKNOWN", "START_AGAIN"));
  expect(await command.ended).toBe(0);
});

test("an upstream that can't be reached at start does not keep the gateway from being ready", async () => {
  const { authority, adminUrl } = await startReady(`http://127.0.0.1:${await freePort()}`);
  expect((await fetch(`${adminUrl}/readyz`)).status).toBe(200);
  expect(await grpcJsClient(authority, "grpc.health.v1.Health").unary("Check", {})).toEqual({ status: "SERVING" });
  expect(await rpcErrorOf(rpcClient({ authority }).users.getUser(userOfService))).toEqual(
    rpcError("Unavailable", "UPSTREAM_UNREACHABLE", "REPEAT_SAME_REQUEST_ID"),
  );
});

describe("what can't be opened ends it with 1 and one line that names the setting and the place", () => {
  const run = async (name: string, place: string) => {
    const env = { ...envForTest("http://127.0.0.1:9"), VERIGATE_ALLOW_UNAUTHENTICATED: "true", [name]: place };
    const { exitCode, stderr } = await verigate(["serve"], env);
    return [exitCode, stderr];
  };
  const ended = (name: string, ...words: readonly string[]) => [
    1,
    expect.stringMatching(new RegExp(`^verigate: ${name}: [^\n]*${words.join("[^\n]*")}[^\n]*\n$`)),
  ];

  describe.each(["VERIGATE_LISTEN", "VERIGATE_ADMIN_LISTEN"])("%s", (name) => {
    test("a port that is in use", async () => {
      const server = createServer().listen(0, "127.0.0.1");
      await once(server, "listening");
      onTestFinished(() => {
        server.close();
      });
      const place = `127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect(await run(name, place)).toEqual(ended(name, "EADDRINUSE", place));
    });

    test("a socket in a folder that does not exist", async () => {
      const place = `unix:${join(temporaryFolder(), "none", "gateway.sock")}`;
      expect(await run(name, place)).toEqual(ended(name, place, "its folder does not exist"));
    });

    test("a socket where there is a file", async () => {
      const place = `unix:${fileOf("").path}`;
      expect(await run(name, place)).toEqual(ended(name, place, "no socket"));
    });

    test("a host that has no address", async () => {
      expect(await run(name, "no-such-host.invalid:0")).toEqual(ended(name, "no-such-host.invalid"));
    });
  });

  test("VERIGATE_AUDIT_LOG, a folder", async () => {
    const place = temporaryFolder();
    expect(await run("VERIGATE_AUDIT_LOG", place)).toEqual(ended("VERIGATE_AUDIT_LOG", "EISDIR", place));
  });
});

describe("verigate health", () => {
  test("is 0 where the gateway is ready", async () => {
    const { adminUrl } = await startReady("http://127.0.0.1:9");
    const env = { VERIGATE_ADMIN_LISTEN: adminUrl.replace("http://", "") };
    expect(await verigate(["health"], env)).toEqual({ exitCode: 0, stdout: "", stderr: "" });
  });

  test("is 1 where it drains", async () => {
    const { command, adminUrl } = await startReady("http://127.0.0.1:9", { VERIGATE_DRAIN_DELAY: "10m" });
    command.kill("SIGTERM");
    await isDraining(command);
    const env = { VERIGATE_ADMIN_LISTEN: adminUrl.replace("http://", "") };
    expect(await verigate(["health"], env)).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("503") });
  });

  test("is 1 where nobody listens", async () => {
    const env = { VERIGATE_ADMIN_LISTEN: `127.0.0.1:${await freePort()}` };
    expect(await verigate(["health"], env)).toMatchObject({ exitCode: 1, stdout: "" });
  });
});

test.each([
  { args: [], exitCode: 2 },
  { args: ["server"], exitCode: 2 },
  { args: ["serve", "now"], exitCode: 2 },
  { args: ["--help"], exitCode: 0 },
])("verigate $args ends with $exitCode", async ({ args, exitCode }) => {
  expect((await verigate(args, {})).exitCode).toBe(exitCode);
});

test("a reader of standard output that goes away takes no call with it", async () => {
  const upstream = await startScriptedUpstream({ status: 200, body: aUser });
  const { command, authority } = await startReady(upstream.url);
  command.closeStandardOutput();
  const { users } = rpcClient({ authority });
  for (let call = 0; call < 3; call += 1) {
    expect((await users.getUser(userOfService)).user?.id).toBe("u1");
  }
  command.kill("SIGTERM");
  expect(await command.ended).toBe(0);
});
