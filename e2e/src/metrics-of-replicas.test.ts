import { AuthMethod } from "@verigate/contract";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { startGateway } from "./gateway-under-test.ts";
import { redisServer, testWith } from "./real-or-skip.ts";
import { startRedis } from "./redis-under-test.ts";
import { rpcClient } from "./rpc-client.ts";
import { userOfService, verifyPin } from "./samples.ts";
import { scrape } from "./scrape.ts";
import { startScriptedUpstream } from "./scripted-upstream.ts";

const hashKey = Buffer.alloc(32, 1).toString("base64");

testWith(redisServer)(
  "a user may be verified by another replica than the one that began, and is timed there",
  async () => {
    const upstream = await startScriptedUpstream(({ method }) =>
      method === "POST"
        ? { status: 201, body: { method: "sms", auth_id: "a1" } }
        : { status: 200, body: { verified: true, method: "sms" } },
    );
    const redis = await startRedis();
    const env = { VERIGATE_REDIS_URL: redis.url, VERIGATE_HASH_KEY: hashKey };
    const [first, second] = [await startGateway({ upstream, env }), await startGateway({ upstream, env })];
    const isUp = async (gateway: typeof first) => (await scrape(gateway)).sum("verigate_store_up") === 1 || undefined;
    await eventually(() => isUp(first));
    await eventually(() => isUp(second));

    await rpcClient(first).auth.initiateAuth({ ...userOfService, method: AuthMethod.SMS });
    const asked = (command: string) => ["verigate_store_command_seconds_count", { command }] as const;
    await eventually(async () => (await scrape(first)).sum(...asked("initiate")));
    await rpcClient(second).auth.verifyPin(verifyPin);
    const timed = await eventually(async () => (await scrape(second)).sum("verigate_auth_verification_seconds_count"));

    expect(timed).toBe(1);
    const page = await scrape(second);
    expect([page.sum("verigate_store_shared"), page.sum(...asked("verify"))]).toEqual([1, 1]);
    expect(page.sum("verigate_auth_verification_seconds_bucket", { le: "30", method: "sms" })).toBe(1);

    await redis.kill();
    await eventually(async () => (await scrape(second)).sum("verigate_store_up") === 0 || undefined);
    await rpcClient(second).auth.verifyPin(verifyPin);
    await eventually(
      async () => (await scrape(second)).sum("verigate_store_failures_total", { command: "verify" }) || undefined,
    );
    expect((await scrape(second)).sum("verigate_auth_verifications_total", { outcome: "verified" })).toBe(2);
  },
);
