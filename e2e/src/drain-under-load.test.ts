import { randomUUID } from "node:crypto";
import { Agent } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport, Http2SessionManager } from "@connectrpc/connect-node";
import { AuthAPI, ErrorInfoSchema } from "@verigate/contract";
import { expect, onTestFinished, test } from "vitest";
import { type RunningCommand, startVerigate } from "./command-under-test.ts";
import { eventually } from "./eventually.ts";
import { envForTest } from "./gateway-under-test.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

type AuthClient = Client<typeof AuthAPI>;

/** How a call ended; "no answer" is what a library says where the connection broke, or never came about. */
type End = "verified" | "SHUTTING_DOWN" | "no answer" | `wrong: ${string}`;

/** One call: at the gateway that will drain, and if it did not succeed there, again at the other one. */
interface Call {
  readonly userId: string;
  readonly isBeforeSignal: boolean;
  readonly isAfterSignal: boolean;
  readonly first: End;
  readonly second: End | undefined;
}

/** How callers connect: over HTTP/2 that is kept, over HTTP/1.1 that is kept, or anew for each call. */
const connects: Readonly<Record<string, (baseUrl: string) => AuthClient>> = {
  gRPC: (baseUrl) => {
    const sessionManager = new Http2SessionManager(baseUrl);
    onTestFinished(() => sessionManager.abort());
    return createClient(AuthAPI, createGrpcTransport({ baseUrl, sessionManager }));
  },
  "JSON, keep-alive": (baseUrl) => jsonClient(baseUrl, new Agent({ keepAlive: true })),
  "JSON, a connection each": (baseUrl) => jsonClient(baseUrl, new Agent({ keepAlive: false })),
};

function jsonClient(baseUrl: string, agent: Agent): AuthClient {
  onTestFinished(() => agent.destroy());
  const nodeOptions = { agent };
  return createClient(
    AuthAPI,
    createConnectTransport({ baseUrl, httpVersion: "1.1", useBinaryFormat: false, nodeOptions }),
  );
}

async function startGateway(upstreamUrl: string) {
  const command = startVerigate({
    ...envForTest(upstreamUrl),
    VERIGATE_LOG_LEVEL: "info",
    VERIGATE_DRAIN_DELAY: "100ms",
    VERIGATE_DRAIN_TIMEOUT: "20s",
  });
  const [, authority = ""] = await command.said(/"address":"(127\.0\.0\.1:\d+)"/);
  return { command, baseUrl: `http://${authority}` };
}

/** Calls that a gateway has served, by its own word: one line each. */
function callsServedBy({ lines }: RunningCommand): number {
  return lines.filter((line) => line.includes('"msg":"rpc"') && line.includes('"method":"VerifyPin"')).length;
}

async function endOf(client: AuthClient, request: { userId: string; requestId: string }): Promise<End> {
  try {
    const { verified } = await client.verifyPin({ serviceId: "s1", pin: "0123", ...request });
    return verified ? "verified" : "wrong: not verified";
  } catch (thrown) {
    const error = ConnectError.from(thrown);
    const [info] = error.findDetails(ErrorInfoSchema);
    if (info === undefined) {
      return "no answer";
    }
    return info.reason === "SHUTTING_DOWN" ? "SHUTTING_DOWN" : `wrong: ${error.message} ${info.reason}`;
  }
}

/** Calls at the same time. */
const callersMax = 8;

test.each(Object.keys(connects))("SIGTERM under a load of %s loses no call, and doubles none", async (how) => {
  const startedOf = new Map<string, number>();
  const upstream = await startScriptedUpstream(async ({ path }) => {
    const userId = path.split("/").at(-2) ?? "";
    startedOf.set(userId, (startedOf.get(userId) ?? 0) + 1);
    // As an upstream takes its time; so some calls are always under way.
    await sleep(20);
    return { status: 200, body: { verified: true, method: "sms" } };
  });
  const draining = await startGateway(upstream.url);
  const other = await startGateway(upstream.url);
  const calls: Call[] = [];
  let isSignalled = false;
  let isOver = false;

  const connect = connects[how] ?? expect.unreachable();
  const first = connect(draining.baseUrl);
  const second = connect(other.baseUrl);

  async function keepCalling(name: string): Promise<void> {
    for (let number = 0; !isOver; number += 1) {
      const userId = `${name}-${number}`;
      const request = { userId, requestId: randomUUID() };
      const isBeforeSignal = !isSignalled;
      const end = await endOf(first, request);
      const again = end === "verified" ? undefined : await endOf(second, request);
      calls.push({ userId, isBeforeSignal, isAfterSignal: isSignalled, first: end, second: again });
    }
  }

  const callers = Array.from({ length: callersMax }, (_, index) => keepCalling(`caller${index}`));
  const countOf = (holds: (call: Call) => boolean) => calls.filter(holds).length;
  await eventually(() => (calls.length >= 100 ? true : undefined));
  isSignalled = true;
  draining.command.kill("SIGTERM");
  expect(await draining.command.ended).toBe(0);
  const moved = countOf(({ second }) => second !== undefined);
  await eventually(() => (countOf(({ second }) => second !== undefined) >= moved + 20 ? true : undefined));
  isOver = true;
  await Promise.all(callers);

  // Each has its true answer in the end, and was carried out once: what the one gateway did not answer, it had not sent.
  expect(calls.filter(({ first, second }) => (second ?? first) !== "verified")).toEqual([]);
  expect(calls.filter(({ userId }) => startedOf.get(userId) !== 1)).toEqual([]);
  expect(calls.filter(({ first }) => first.startsWith("wrong"))).toEqual([]);
  // Whatever the gateway has served was answered, and the answer arrived.
  expect(callsServedBy(draining.command)).toBe(countOf(({ first }) => first !== "no answer"));
  // Some calls were under way when the signal came, and others began after it.
  expect(countOf((call) => call.isBeforeSignal && call.isAfterSignal && call.first === "verified")).toBeGreaterThan(0);
  expect(countOf((call) => !call.isBeforeSignal && call.first === "verified")).toBeGreaterThan(0);
});
