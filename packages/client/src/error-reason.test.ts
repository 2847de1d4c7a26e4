import { Code, ConnectError } from "@connectrpc/connect";
import { ErrorInfoSchema } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import { ErrorReason, fieldViolations, isNotFound, NextStep, nextStepOf, reasonOf } from "./index.ts";
import { gatewayError } from "./testing/gateway-error.ts";

function errorWith(...infos: { domain: string; reason: string; metadata?: Record<string, string> }[]): ConnectError {
  const details = infos.map((value) => ({ desc: ErrorInfoSchema, value }));
  return new ConnectError("", Code.Unknown, undefined, details);
}

describe("the reason of an error", () => {
  it("is the gateway's, with the step it advises", () => {
    const error = gatewayError(ErrorReason.OUTCOME_UNKNOWN);
    expect(reasonOf(error)).toBe(ErrorReason.OUTCOME_UNKNOWN);
    expect(nextStepOf(error)).toBe(NextStep.START_AGAIN);
  });

  it("is found beside a proxy's", () => {
    const error = errorWith(
      { domain: "proxy.example", reason: "USER_EXISTS" },
      { domain: "verigate", reason: "SEND_LIMIT" },
    );
    expect(reasonOf(error)).toBe(ErrorReason.SEND_LIMIT);
  });

  it.each([
    ["an error of another domain", errorWith({ domain: "proxy.example", reason: "USER_EXISTS" })],
    ["an error without details", new ConnectError("lost", Code.Unavailable)],
    ["another error", new Error("a mistake")],
    ["no error", null],
  ])("is undefined for %s", (_what, error) => {
    expect(reasonOf(error)).toBeUndefined();
    expect(nextStepOf(error)).toBeUndefined();
    expect(isNotFound(error)).toBe(false);
    expect(fieldViolations(error)).toEqual([]);
  });

  it("is undefined where the gateway is newer, and its advice still counts", () => {
    const error = errorWith({ domain: "verigate", reason: "NEWER", metadata: { next: "WAIT" } });
    expect(reasonOf(error)).toBeUndefined();
    expect(nextStepOf(error)).toBe(NextStep.WAIT);
  });

  it.each([
    [ErrorReason.SERVICE_NOT_FOUND, true],
    [ErrorReason.USER_NOT_FOUND, true],
    [ErrorReason.VERIFICATION_NOT_FOUND, true],
    [ErrorReason.USER_EXISTS, false],
  ] as const)("%s counts as not found: %s", (reason, expected) => {
    expect(isNotFound(gatewayError(reason))).toBe(expected);
  });

  it("is not NOT_FOUND for a proxy's 404", () => {
    expect(isNotFound(new ConnectError("HTTP 404", Code.NotFound))).toBe(false);
  });

  it("names the fields that break a rule", () => {
    const violations = [{ field: "pin", description: "must be digits" }];
    expect(fieldViolations(gatewayError(ErrorReason.INVALID_REQUEST, { violations }))).toEqual(violations);
  });
});
