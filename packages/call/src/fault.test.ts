import { expect, it } from "vitest";
import { Fault, faultFromError } from "./fault.ts";

it("what is thrown and is no fault becomes a bug of ours, which keeps the error for the log", () => {
  const error = new TypeError("x is not a function");

  const fault = faultFromError(error);

  expect(fault.kind).toBe("gateway-bug");
  expect(fault.owner).toBe("gateway");
  expect(fault.cause).toBe(error);
  expect(fault.publicMessage).toBeUndefined();
});

it("a fault stays the fault it is", () => {
  const fault = new Fault("user-exists");

  expect(faultFromError(fault)).toBe(fault);
});
