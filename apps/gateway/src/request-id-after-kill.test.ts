import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setImmediate } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { skipsRedis, startRedisForTest, startReplicaForTest } from "./store/redis-for-test.ts";
import { startRelayForTest } from "./store/relay-for-test.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const requestId = "6b1d9f0e-0000-4000-8000-00000000000a";
const body = { serviceId: "s1", userId: "u1", method: "AUTH_METHOD_SMS", requestId };

interface GatewayProcess {
  readonly url: string;
  kill(): Promise<void>;
}

/** A gateway in a process of its own, that ends with the test at the latest. */
async function startGateway(
  redisUrl: URL,
  upstreamUrl: string,
  env: Readonly<Record<string, string>> = {},
): Promise<GatewayProcess> {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@verigate/source", main, "serve"], {
    env: {
      VERIGATE_LISTEN: "127.0.0.1:0",
      VERIGATE_ADMIN_LISTEN: "off",
      VERIGATE_UPSTREAM_URL: upstreamUrl,
      VERIGATE_REDIS_URL: redisUrl.href,
      VERIGATE_REPLICATED: "true",
      VERIGATE_HASH_KEY: Buffer.alloc(32, 1).toString("base64"),
      VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "100ms",
      // Of what protects here, the request_id is looked at alone.
      VERIGATE_LIMIT_SEND_COOLDOWN: "0",
      VERIGATE_LIMIT_SENDS: "0",
      MESSENTE_API_USERNAME: "user",
      MESSENTE_API_PASSWORD: "password",
      ...env,
    },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  async function kill(): Promise<void> {
    child.kill("SIGKILL");
    await ended;
  }
  onTestFinished(kill);
  return { url: `http://${await listening(child)}`, kill };
}

/** Where it listens, as its log tells. The log is read to its end, so that writing it never blocks. */
function listening(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout ?? expect.unreachable("no output") })
      .on("line", (line) => {
        const { msg, address } = JSON.parse(line) as { msg?: string; address?: string };
        if (msg === "listening" && address !== undefined) {
          resolve(address);
        }
      })
      .on("close", () => reject(new Error("the gateway ended before it listened")));
  });
}

/** An upstream whose first request gets its answer when the test says; it counts what arrives. */
async function startUpstream() {
  const arrived: string[] = [];
  let mayAnswer = false;
  const server = createServer(async (request, response) => {
    arrived.push(`${request.method} ${request.url}`);
    while (!mayAnswer) {
      await setImmediate();
    }
    response.writeHead(201, { "content-type": "application/json" });
    response.end(JSON.stringify({ method: "sms", auth_id: "a1" }));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    mayAnswer = true;
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    arrived,
    answer() {
      mayAnswer = true;
    },
  };
}

/** The JSON of InitiateAuth's answer, or of its error; undefined where the connection broke. */
async function initiate(
  { url }: GatewayProcess,
  timeoutMs: number,
  request = body,
): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(`${url}/verigate.v1.AuthAPI/InitiateAuth`, {
      method: "POST",
      headers: { "content-type": "application/json", "connect-timeout-ms": String(timeoutMs) },
      body: JSON.stringify(request),
    });
    return (await response.json()) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** The first answer that is about more than the store not being connected yet. */
async function initiateWhenConnected(gateway: GatewayProcess, timeoutMs: number) {
  for (;;) {
    const answer = await initiate(gateway, timeoutMs);
    if (reasonOf(answer) !== "STORE_UNAVAILABLE") {
      return answer;
    }
  }
}

function reasonOf(answer: Record<string, unknown> | undefined): string | undefined {
  const [detail] = (answer?.details ?? []) as { debug?: { reason?: string } }[];
  return detail?.debug?.reason;
}

describe.skipIf(skipsRedis)("a gateway that is killed with an SMS on its way", () => {
  it("is followed by one that says OUTCOME_UNKNOWN, and upstream sees one request", async () => {
    const redis = await startRedisForTest();
    onTestFinished(() => redis.kill());
    const upstream = await startUpstream();
    const first = await startGateway(redis.url, upstream.url);
    const lost = initiateWhenConnected(first, 2_000);
    while (upstream.arrived.length === 0) {
      await setImmediate();
    }
    await first.kill();
    expect(await lost).toBeUndefined();
    upstream.answer();

    const second = await startGateway(redis.url, upstream.url);
    // It waits for the one that died until the lease has ended; a caller who does not wait so long hears no less.
    expect(reasonOf(await initiateWhenConnected(second, 200))).toBe("OUTCOME_UNKNOWN");
    expect(await initiate(second, 60_000)).toMatchObject({ code: "unknown" });
    expect(reasonOf(await initiate(second, 60_000))).toBe("OUTCOME_UNKNOWN");
    expect(upstream.arrived).toEqual(["POST /v1/service/service/s1/users/u1/auth"]);
  });

  it("is followed by one that replays what had been recorded", async () => {
    const redis = await startRedisForTest();
    onTestFinished(() => redis.kill());
    const upstream = await startUpstream();
    upstream.answer();
    const first = await startGateway(redis.url, upstream.url);
    const answer = { method: "AUTH_METHOD_SMS", authId: "a1" };
    expect(await initiateWhenConnected(first, 10_000)).toMatchObject({ ...answer, replayed: false });
    await first.kill();

    const second = await startGateway(redis.url, upstream.url);
    expect(await initiateWhenConnected(second, 10_000)).toMatchObject({ ...answer, replayed: true });
    expect(upstream.arrived).toHaveLength(1);
  });
});

describe.skipIf(skipsRedis)("a Redis primary that is killed with an SMS on its way", () => {
  it("is followed by a replica that knows of it, so that upstream sees one request", async () => {
    const primary = await startRedisForTest();
    onTestFinished(() => primary.kill());
    const replica = await startReplicaForTest(primary);
    onTestFinished(() => replica.kill());
    const address = await startRelayForTest(primary.url);
    const upstream = await startUpstream();
    const env = { VERIGATE_REDIS_WAIT_REPLICAS: "1", VERIGATE_UNSAFE_ATTEMPT_TIMEOUT: "20s" };
    const gateway = await startGateway(address.url, upstream.url, env);
    const first = initiateWhenConnected(gateway, 20_000);
    while (upstream.arrived.length === 0) {
      await setImmediate();
    }
    await primary.kill();
    await replica.admin.replicaof("NO", "ONE");
    address.leadTo(replica.url);
    address.cut();

    expect(reasonOf(await initiateWhenConnected(gateway, 200))).toBe("OUTCOME_UNKNOWN");
    upstream.answer();
    const answer = { method: "AUTH_METHOD_SMS", authId: "a1" };
    expect(await first).toMatchObject({ ...answer, replayed: false });
    expect(await initiate(gateway, 20_000)).toMatchObject({ ...answer, replayed: true });
    // A new one would not be on any replica.
    const another = { ...body, requestId: "6b1d9f0e-0000-4000-8000-00000000000b" };
    expect(reasonOf(await initiate(gateway, 20_000, another))).toBe("STORE_UNAVAILABLE");
    expect(upstream.arrived).toHaveLength(1);
  });
});
