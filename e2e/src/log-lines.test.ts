import { randomUUID } from "node:crypto";
import { stripVTControlCharacters } from "node:util";
import { expect, test } from "vitest";
import { type RunningCommand, startVerigate } from "./command-under-test.ts";
import { envForTest } from "./gateway-under-test.ts";
import { type RealThing, testWith } from "./real-or-skip.ts";
import { inRepository } from "./repository.ts";
import { rpcClient } from "./rpc-client.ts";
import { failureOf } from "./rpc-error.ts";
import { runCommand } from "./run-command.ts";
import { userOfService, verifyPin } from "./samples.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const headers = { traceparent: `00-${traceId}-00f067aa0ba902b7-01` };

async function scene() {
  const upstream = await startScriptedUpstream({ status: 200, body: { verified: true, method: "sms" } });
  const gateway = startVerigate({ ...envForTest(upstream.url), VERIGATE_LOG_LEVEL: "info" });
  const [, authority = ""] = await gateway.said(/"address":"(127[^"]*)"/);
  return { upstream, gateway, client: rpcClient({ authority }, "grpc") };
}

/** The line of the only call of that method so far. */
async function lineOf({ said }: RunningCommand, method: string): Promise<Record<string, unknown>> {
  const [line] = await said(new RegExp(`.*"method":"${method}".*`));
  return JSON.parse(line);
}

test("a call is one line, which says who, what, how it ended, and by which ids to find it again", async () => {
  const { gateway, client } = await scene();
  const requestId = randomUUID();
  await client.auth.verifyPin({ ...verifyPin, requestId }, { headers });

  expect(await lineOf(gateway, "VerifyPin")).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    service: "verigate.v1.AuthAPI",
    method: "VerifyPin",
    protocol: "grpc",
    listener: "127.0.0.1:0",
    caller: expect.any(String),
    code: "OK",
    durationMs: expect.any(Number),
    attempts: 1,
    requestId,
    traceId,
    msg: "rpc",
  });
  expect(gateway.lines.filter((line) => line.includes('"rpc"'))).toHaveLength(1);
});

test("the line of a call that failed says why, and who has to act", async () => {
  const { gateway, client, upstream } = await scene();
  upstream.react({ reset: "after" });
  await failureOf(client.auth.verifyPin(verifyPin));

  expect(await lineOf(gateway, "VerifyPin")).toMatchObject({
    level: "warn",
    code: "Unknown",
    reason: "OUTCOME_UNKNOWN",
    owner: "upstream",
    attempts: 1,
    cause: expect.stringContaining("ECONNRESET"),
  });
});

test("a call that is refused has its request_id in the log, unless that could be anything", async () => {
  const { gateway, client } = await scene();
  const requestId = randomUUID();
  await failureOf(client.auth.verifyPin({ ...verifyPin, pin: "no PIN", requestId }));
  await failureOf(client.users.deleteUser({ ...userOfService, requestId: "+37255555555" }));

  expect(await lineOf(gateway, "VerifyPin")).toMatchObject({ reason: "INVALID_REQUEST", requestId });
  const refused = await lineOf(gateway, "DeleteUser");
  expect(refused).toMatchObject({ reason: "INVALID_REQUEST" });
  expect(refused).not.toHaveProperty("requestId");
});

const nodeArguments = `--conditions=@verigate/source '${inRepository("apps/gateway/src/main.ts")}'`;

/** Runs a command in a terminal of its own. */
const script: RealThing = {
  name: "util-linux's script",
  install: "bsdutils",
  probe: ["script", "-qec", "true", "/dev/null"],
};

testWith(script)("in a terminal, lines are for people", async () => {
  const taken = await startScriptedUpstream("hang");
  const { stdout } = await runCommand("script", ["-qec", `'${process.execPath}' ${nodeArguments} serve`, "/dev/null"], {
    env: {
      ...envForTest(taken.url),
      VERIGATE_LOG_LEVEL: "info",
      // It says something, and then it ends.
      VERIGATE_UNKNOWN_SETTINGS: "warn",
      VERIGATE_UNHEARD_OF: "x",
      VERIGATE_LISTEN: new URL(taken.url).host,
    },
  });

  expect(stripVTControlCharacters(stdout)).toMatch(
    /^\[[\d:.]+\] WARN: unknown setting \{"setting":"VERIGATE_UNHEARD_OF/,
  );
});
