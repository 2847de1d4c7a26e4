import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { HandlerContext } from "@connectrpc/connect";
import { afterEach, describe, expect, it, onTestFinished } from "vitest";
import {
  AuthMethod,
  Code,
  createVerigateClient,
  isOutcomeUnknown,
  type Protocol,
  type VerigateClient,
  type VerigateClientOptions,
} from "./index.ts";
import { startTestGateway, type TestGatewayOptions } from "./test/test-gateway.ts";

const guess = { serviceId: "service-1", userId: "user-1", pin: "0123" };
const start = { serviceId: "service-1", userId: "user-1", method: AuthMethod.SMS };

const clients: VerigateClient[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

function clientOf(options: VerigateClientOptions): VerigateClient {
  const client = createVerigateClient(options);
  clients.push(client);
  return client;
}

async function gatewayAndClient(gatewayOptions: TestGatewayOptions = {}, options: Partial<VerigateClientOptions> = {}) {
  const gateway = await startTestGateway(gatewayOptions);
  onTestFinished(() => gateway[Symbol.asyncDispose]());
  return { gateway, client: clientOf({ address: `http://127.0.0.1:${gateway.port}`, ...options }) };
}

/** A handler's call that does not answer by itself, and a promise of its beginning. */
function silentCall() {
  const begun = Promise.withResolvers<void>();
  const answer = (_: unknown, context: HandlerContext): Promise<never> => {
    begun.resolve();
    return new Promise((_resolve, reject) =>
      context.signal.addEventListener("abort", () => reject(context.signal.reason)),
    );
  };
  return { begun: begun.promise, answer };
}

const errorOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.unreachable("the call should have failed"),
    (error: unknown) => error,
  );

describe("a client over TCP", () => {
  it.each<Protocol>(["grpc", "grpc-web", "connect"])("verifies a PIN over %s", async (protocol) => {
    const { client } = await gatewayAndClient({}, { protocol });
    expect(await client.auth.verifyPin(guess)).toMatchObject({ verified: true });
    expect(await client.auth.verifyPin({ ...guess, pin: "9999" })).toMatchObject({ verified: false });
  });

  it("shares one connection among all calls", async () => {
    const { client, gateway } = await gatewayAndClient();
    await client.auth.verifyPin(guess);
    await Promise.all(Array.from({ length: 20 }, () => client.auth.verifyPin(guess)));
    expect(gateway.sessions.size).toBe(1);
  });

  it("connects again after the gateway closed the connection", async () => {
    const { client, gateway } = await gatewayAndClient();
    await client.auth.verifyPin(guess);
    const [session] = gateway.sessions;
    session?.close();
    await once(session ?? expect.unreachable(), "close");
    expect(await client.auth.verifyPin(guess)).toMatchObject({ verified: true });
  });

  it("knows the outcome where nothing listens: each call failed with nothing sent", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    const client = clientOf({ address: `http://127.0.0.1:${port}` });
    const errors = await Promise.all([errorOf(client.auth.verifyPin(guess)), errorOf(client.auth.initiateAuth(start))]);
    expect(errors).toMatchObject([{ code: Code.Unavailable }, { code: Code.Unavailable }]);
    expect(errors.map(isOutcomeUnknown)).toEqual([false, false]);
  });

  it.each<Protocol>(["grpc", "grpc-web", "connect"])(
    "does not know the outcome where the connection is lost during a call over %s",
    async (protocol) => {
      const { begun, answer } = silentCall();
      const { client, gateway } = await gatewayAndClient({ auth: { initiateAuth: answer } }, { protocol });
      const lost = errorOf(client.auth.initiateAuth(start));
      await begun;
      for (const session of gateway.sessions) session.destroy();
      expect(isOutcomeUnknown(await lost)).toBe(true);
    },
  );

  it("gives up a connection on which a PING stays unanswered, and connects anew", async () => {
    const sockets: Socket[] = [];
    const server = createServer((socket) => sockets.push(socket.resume().on("error", () => {})));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const client = clientOf({ address: `http://127.0.0.1:${port}`, pingIntervalMs: 20, pingTimeoutMs: 20 });
    const forEver = { timeoutMs: 0 };
    const error = await errorOf(client.auth.initiateAuth(start, forEver));
    expect(error).toMatchObject({ rawMessage: expect.stringContaining("PING timed out") });
    expect(isOutcomeUnknown(error)).toBe(true);
    await errorOf(client.auth.initiateAuth(start, forEver));
    expect(sockets).toHaveLength(2);
  });
});

describe("a deadline", () => {
  const remaining = () => {
    const seen: (number | undefined)[] = [];
    const verifyPin = (_: unknown, context: HandlerContext) => {
      seen.push(context.timeoutMs());
      return {};
    };
    return { seen, verifyPin };
  };

  it("is 12 s for a call that names none, and a call's own one wins", async () => {
    const { seen, verifyPin } = remaining();
    const { client } = await gatewayAndClient({ auth: { verifyPin } });
    await client.auth.verifyPin(guess);
    await client.auth.verifyPin(guess, { timeoutMs: 60_000 });
    expect(seen[0]).toBeGreaterThan(0);
    expect(seen[0]).toBeLessThanOrEqual(12_000);
    expect(seen[1]).toBeGreaterThan(12_000);
  });

  it("ends a call that is not answered, whose outcome is then unknown", async () => {
    const { answer } = silentCall();
    const { client } = await gatewayAndClient({ auth: { verifyPin: answer } }, { defaultDeadlineMs: 50 });
    const error = await errorOf(client.auth.verifyPin(guess));
    expect(error).toMatchObject({ code: Code.DeadlineExceeded });
    expect(isOutcomeUnknown(error)).toBe(true);
  });

  it("ends a call of a safe method, which is never unknown", async () => {
    const { answer } = silentCall();
    const { client } = await gatewayAndClient({ users: { listUsers: answer } }, { defaultDeadlineMs: 50 });
    const error = await errorOf(client.users.listUsers({ serviceId: "service-1" }));
    expect(error).toMatchObject({ code: Code.DeadlineExceeded });
    expect(isOutcomeUnknown(error)).toBe(false);
  });

  it("ends the wait for a bearer token, and nothing was sent", async () => {
    const bearerToken = () => new Promise<string>(() => {});
    const { client } = await gatewayAndClient({}, { bearerToken, defaultDeadlineMs: 20 });
    const error = await errorOf(client.auth.verifyPin(guess));
    expect(error).toMatchObject({ code: Code.DeadlineExceeded });
    expect(isOutcomeUnknown(error)).toBe(false);
  });
});

describe("a bearer token", () => {
  const seenTokens = () => {
    const seen: (string | null)[] = [];
    const verifyPin = (_: unknown, context: HandlerContext) => {
      seen.push(context.requestHeader.get("authorization"));
      return {};
    };
    return { seen, auth: { verifyPin } };
  };

  it("is sent with every call, unless the call has its own", async () => {
    const { seen, auth } = seenTokens();
    const { client } = await gatewayAndClient({ auth }, { bearerToken: "abc" });
    await client.auth.verifyPin(guess);
    await client.auth.verifyPin(guess, { headers: { authorization: "Bearer other" } });
    expect(seen).toEqual(["Bearer abc", "Bearer other"]);
  });

  it("is asked for before every call where it is a function", async () => {
    const { seen, auth } = seenTokens();
    let asked = 0;
    const { client } = await gatewayAndClient({ auth }, { bearerToken: async () => `token-${++asked}` });
    await client.auth.verifyPin(guess);
    await client.auth.verifyPin(guess);
    expect(seen).toEqual(["Bearer token-1", "Bearer token-2"]);
  });

  it.each<[string, () => string]>([
    [
      "is refused",
      () => {
        throw new Error("no token today");
      },
    ],
    ["can't stand in a header", () => "secret\r\nx: y"],
  ])("that %s fails the call with nothing sent, and is not in the error", async (_what, bearerToken) => {
    const { client, gateway } = await gatewayAndClient({}, { bearerToken });
    const error = await errorOf(client.auth.verifyPin(guess));
    expect(error).toMatchObject({ code: Code.Unauthenticated });
    expect(String(error)).not.toContain("secret");
    expect(isOutcomeUnknown(error)).toBe(false);
    expect(gateway.sessions.size).toBe(0);
  });
});

describe("closing a client", () => {
  it("ends its connection and the calls on it, and refuses further ones with nothing sent", async () => {
    const { begun, answer } = silentCall();
    const { client, gateway } = await gatewayAndClient({ auth: { initiateAuth: answer } });
    const running = errorOf(client.auth.initiateAuth(start));
    await begun;
    const [session] = gateway.sessions;
    const ended = new Promise((resolve) => session?.on("close", resolve));
    client.close();
    client.close();
    await ended;
    expect(isOutcomeUnknown(await running)).toBe(true);
    const refused = await errorOf(client.auth.initiateAuth(start));
    expect(refused).toMatchObject({ code: Code.Canceled, rawMessage: "the client was closed" });
    expect(isOutcomeUnknown(refused)).toBe(false);
  });
});

describe("a client over a Unix socket", () => {
  it("reaches the gateway as localhost", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "verigate.sock");
    const hosts: string[] = [];
    const verifyPin = (_: unknown, context: HandlerContext) => {
      hosts.push(new URL(context.url).host);
      return { verified: true };
    };
    const { client } = await gatewayAndClient({ listen: { path }, auth: { verifyPin } }, { address: `unix:${path}` });
    expect(await client.auth.verifyPin(guess)).toMatchObject({ verified: true });
    expect(hosts).toEqual(["localhost"]);
  });
});

describe.skipIf(isWithoutOpenssl())("a client over TLS", () => {
  it("trusts the authority it was given, and no other", async () => {
    const { cert, key } = certificate();
    const gateway = await startTestGateway({ tls: { cert, key } });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    const address = `https://localhost:${gateway.port}`;
    const trusting = clientOf({ address, tls: { ca: cert } });
    expect(await trusting.auth.verifyPin(guess)).toMatchObject({ verified: true });
    const error = await errorOf(clientOf({ address }).auth.verifyPin(guess));
    expect(error).toMatchObject({ rawMessage: expect.stringContaining("self-signed certificate") });
    expect(isOutcomeUnknown(error)).toBe(false);
  });

  it("insists on the gateway's name, which serverName can change", async () => {
    const { cert, key } = certificate();
    const gateway = await startTestGateway({ tls: { cert, key } });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    const address = `https://127.0.0.1:${gateway.port}`;
    const error = await errorOf(clientOf({ address, tls: { ca: cert } }).auth.verifyPin(guess));
    expect(error).toMatchObject({ rawMessage: expect.stringContaining("IP: 127.0.0.1 is not in the cert's list") });
    const named = clientOf({ address, tls: { ca: cert, serverName: "localhost" } });
    expect(await named.auth.verifyPin(guess)).toMatchObject({ verified: true });
  });

  it("shows its own certificate to a gateway that asks for one", async () => {
    const { cert, key } = certificate();
    const tls = { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true };
    const gateway = await startTestGateway({ tls });
    onTestFinished(() => gateway[Symbol.asyncDispose]());
    const address = `https://localhost:${gateway.port}`;
    const known = clientOf({ address, tls: { ca: cert, cert, key } });
    expect(await known.auth.verifyPin(guess)).toMatchObject({ verified: true });
    await errorOf(clientOf({ address, tls: { ca: cert } }).auth.verifyPin(guess));
  });

  it("refuses a key that is not the certificate's, when it is made", () => {
    const [one, other] = [certificate(), certificate()];
    const tls = { cert: one.cert, key: other.key };
    expect(() => createVerigateClient({ address: "https://localhost", tls })).toThrow(/tls: .* not the certificate's/);
  });
});

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "verigate-client-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

/** A certificate for localhost that signed itself. */
function certificate(): { cert: string; key: string } {
  const folder = temporaryFolder();
  const [certFile, keyFile] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-days", "1"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-out", certFile, "-keyout", keyFile], {
    stdio: "pipe",
  });
  return { cert: readFileSync(certFile, "utf8"), key: readFileSync(keyFile, "utf8") };
}

function isWithoutOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "pipe" });
    return false;
  } catch (cause) {
    if (process.env.VERIGATE_REQUIRE_REAL === "1") throw new Error("the TLS tests need the openssl command", { cause });
    console.warn("SKIPPED: the TLS tests need the openssl command");
    return true;
  }
}
