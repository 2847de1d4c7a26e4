import { status } from "@grpc/grpc-js";
import { describe, expect, test } from "vitest";
import { handledAtLeast, startGateway } from "../src/gateway-under-test.ts";
import { grpcJsClient } from "../src/grpc-js-client.ts";
import { userOfService, verifyPin } from "../src/samples.ts";
import { startScriptedUpstream } from "../src/scripted-upstream.ts";

const attemptsMax = 4;
/** The service config of a client that repeats what is UNAVAILABLE or UNKNOWN (gRFC A6). */
const retrying = {
  "grpc.service_config": JSON.stringify({
    loadBalancingConfig: [],
    methodConfig: [
      {
        name: [{}],
        retryPolicy: {
          maxAttempts: attemptsMax,
          initialBackoff: "0.01s",
          maxBackoff: "0.01s",
          backoffMultiplier: 1,
          retryableStatusCodes: ["UNAVAILABLE", "UNKNOWN"],
        },
      },
    ],
  }),
};

// Clients take a call as committed once they see headers, so that an error has to come as trailers alone.
describe.each(["true", "false"])("a grpc-js client with a retry policy (lean door: %s)", (isLean) => {
  test("makes all the attempts that its policy allows while the upstream can't be reached", async () => {
    const gateway = await startGateway({
      upstream: { url: "http://127.0.0.1:9" },
      env: { VERIGATE_LEAN_DOOR: isLean, VERIGATE_RETRY_ATTEMPTS: "1" },
    });
    const users = grpcJsClient(gateway.authority, "verigate.v1.UserAPI", undefined, retrying);

    await expect(users.unary("GetUser", userOfService)).rejects.toMatchObject({ code: status.UNAVAILABLE });

    expect(await handledAtLeast(gateway, "GetUser", "Unavailable", attemptsMax)).toBe(attemptsMax);
  });

  test("makes one attempt where the outcome is unknown, because the pushback forbids another", async () => {
    const upstream = await startScriptedUpstream({ reset: "after" });
    const gateway = await startGateway({ upstream, env: { VERIGATE_LEAN_DOOR: isLean } });
    const auth = grpcJsClient(gateway.authority, "verigate.v1.AuthAPI", undefined, retrying);

    await expect(auth.unary("VerifyPin", verifyPin)).rejects.toMatchObject({ code: status.UNKNOWN });

    expect(await handledAtLeast(gateway, "VerifyPin", "Unknown", 1)).toBe(1);
    expect(upstream.arrivals).toBe(1);
  });
});
