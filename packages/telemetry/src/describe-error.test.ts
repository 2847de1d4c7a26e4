import { expect, it } from "vitest";
import { describeError, stackOf } from "./describe-error.ts";

const pin = "4711471147114711";

it("an error is named by its name and code, with those behind it, and never by a message", () => {
  const behind = Object.assign(new TypeError(`no ${pin}`), { code: "ECONNREFUSED" });
  const answered = Object.assign(new Error(pin, { cause: behind }), { code: 503 });

  expect(describeError(answered)).toBe("Error 503 < TypeError ECONNREFUSED");
  expect(describeError(pin)).toBe("string");
});

it("a message that looks like a stack does not get into one", () => {
  const stack = stackOf(new Error(`bad\n    at ${pin} (file.ts:1:1)\n    at ${pin}`));

  expect(stack).toContain("describe-error.test.ts");
  expect(stack).not.toContain(pin);
});
