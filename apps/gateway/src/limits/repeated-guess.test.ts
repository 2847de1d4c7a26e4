import type { Message } from "@bufbuild/protobuf";
import { Fault } from "@verigate/call";
import { AuthAPI, ThrottledBy, type VerifyPinResponse } from "@verigate/contract";
import { expect, it } from "vitest";
import { createIdempotency } from "../inbound/idempotency.ts";
import { createMemoryClaimStore } from "../store/memory-claim-store.ts";
import { createStoreOutage } from "../store/store-outage.ts";
import { limitsScene } from "./limits-for-test.ts";

const requestId = "6b1d9f0e-0000-4000-8000-00000000000a";
const rightPin = "0042";

/** Guesses with one request_id, of which the right one was answered already. */
async function afterRightGuess(env = {}) {
  const the = limitsScene({ env });
  const idempotency = createIdempotency({
    clock: the.clock,
    store: createMemoryClaimStore({ clock: the.clock, bytesMax: 1_000_000 }),
    outage: createStoreOutage({ log() {} }, "reject"),
    onStoreFailure: "reject",
    hashKeys: [Buffer.alloc(32, 1)],
    unsafeAttemptTimeoutMs: 15_000,
    repairMsMax: 0,
    onRepeat: the.limits.guesses.onRepeat,
  });
  const handler = idempotency.layer(the.run);
  const guess = (pin: string): Promise<string> =>
    handler(the.unary(AuthAPI.method.verifyPin, { serviceId: "s", userId: "u", pin, requestId })).then(
      summaryOf,
      (error: unknown) => (error instanceof Fault ? error.kind : String(error)),
    );
  the.answer("right");
  expect(await guess(rightPin)).toBe("verified");
  return { the, guess };
}

function summaryOf(response: Message): string {
  const { verified, throttledBy, replayed } = response as VerifyPinResponse;
  return `${verified ? "verified" : ThrottledBy[throttledBy].toLowerCase()}${replayed ? " again" : ""}`;
}

it("whoever knows the request_id of a right guess finds out no more by trying than guessing would", async () => {
  const { the, guess } = await afterRightGuess();
  const pins = Array.from({ length: 100 }, (_, number) => String(number).padStart(4, "0"));
  const answers = await Promise.all(pins.map(guess));

  expect(answers.filter((answer) => answer === "request-id-reused")).toHaveLength(5);
  expect(answers.filter((answer) => answer === "gateway")).toHaveLength(95);
  expect(await guess(rightPin)).toBe("gateway");
  expect(the.asked).toEqual(["VerifyPin"]);
});

it("the right PIN is told again while there are guesses left, and costs none", async () => {
  const { the, guess } = await afterRightGuess();
  for (let repeat = 0; repeat < 30; repeat += 1) {
    expect(await guess(rightPin)).toBe("verified again");
  }
  the.answer("wrong");

  expect(await the.verify()).toBe("invalid, 4 left");
});

it("an exhausted budget hides an answer, and does not lose it", async () => {
  const { the, guess } = await afterRightGuess({ VERIGATE_LIMIT_GUESSES: "2/1m" });
  expect([await guess("9999"), await guess("9998"), await guess(rightPin)]).toEqual([
    "request-id-reused",
    "request-id-reused",
    "gateway",
  ]);
  the.clock.advance(60_000);

  expect(await guess(rightPin)).toBe("verified again");
});
