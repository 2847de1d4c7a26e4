import { create } from "@bufbuild/protobuf";
import { Code, ConnectError } from "@connectrpc/connect";
import { InitiateAuthResponseSchema, RetryInfoSchema, VerifyPinResponseSchema } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import { ErrorReason, isRateLimited, isThrottled, retryAfterMs, VerifyFailure } from "./index.ts";
import { gatewayError } from "./testing/gateway-error.ts";

describe("limits", () => {
  it.each([
    [ErrorReason.SEND_COOLDOWN, "throttled"],
    [ErrorReason.SEND_LIMIT, "throttled"],
    [ErrorReason.CALLER_RATE_LIMITED, "rate limited"],
    [ErrorReason.UPSTREAM_RATE_LIMITED, "rate limited"],
    [ErrorReason.SERVICE_SEND_LIMIT, "rate limited"],
    [ErrorReason.PUMPING_SUSPECTED, "rate limited"],
    [ErrorReason.REQUEST_TOO_LARGE, "neither"],
    [ErrorReason.OVERLOADED, "neither"],
  ] as const)("an error %s is %s", (reason, expected) => {
    const error = gatewayError(reason);
    expect(isThrottled(error)).toBe(expected === "throttled");
    expect(isRateLimited(error)).toBe(expected === "rate limited");
  });

  it.each([
    [VerifyFailure.THROTTLED, true],
    [VerifyFailure.INVALID, false],
    [VerifyFailure.EXPIRED, false],
    [VerifyFailure.UNSPECIFIED, false],
  ])("an answer with failure %s is throttled: %s", (failure, expected) => {
    expect(isThrottled(create(VerifyPinResponseSchema, { failure }))).toBe(expected);
  });

  it("are the gateway's: a proxy's RESOURCE_EXHAUSTED is neither", () => {
    const error = new ConnectError("HTTP 429", Code.ResourceExhausted);
    expect([isThrottled(error), isRateLimited(error)]).toEqual([false, false]);
  });
});

describe("the time to wait", () => {
  const wait = { seconds: 2n, nanos: 500_000_001 };

  it.each([
    ["a guess", create(VerifyPinResponseSchema, { retryAfter: wait })],
    ["a new PIN", create(InitiateAuthResponseSchema, { resendAfter: wait })],
    [
      "an error",
      new ConnectError("", Code.Unavailable, undefined, [{ desc: RetryInfoSchema, value: { retryDelay: wait } }]),
    ],
  ])("of %s is in milliseconds, rounded up", (_what, outcome) => {
    expect(retryAfterMs(outcome)).toBe(2_501);
  });

  it("is never negative", () => {
    expect(retryAfterMs(create(VerifyPinResponseSchema, { retryAfter: { seconds: -3n } }))).toBe(0);
  });

  it("is undefined where it is not known", () => {
    expect(retryAfterMs(create(VerifyPinResponseSchema))).toBeUndefined();
    expect(retryAfterMs(gatewayError(ErrorReason.OVERLOADED))).toBeUndefined();
    expect(retryAfterMs(new Error("a mistake"))).toBeUndefined();
  });
});
