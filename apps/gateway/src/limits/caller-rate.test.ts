import { type Call, createProgress, Fault, rejecting } from "@verigate/call";
import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import type { LimitStore } from "../store/limit-store.ts";
import { createMemoryLimitStore } from "../store/memory-limit-store.ts";
import { createStoreOutage } from "../store/store-outage.ts";
import { createBooking } from "./booking.ts";
import { callerRate } from "./caller-rate.ts";
import { createLimitKeys } from "./limit-keys.ts";

function scene(perSecond: number, given?: LimitStore) {
  const clock = createTestClock();
  const store = given ?? createMemoryLimitStore({ clock, bytesMax: 1_000_000 });
  const decisions: string[] = [];
  const book = createBooking({
    store,
    outage: createStoreOutage({ log() {} }, "allow"),
    onStoreFailure: "allow",
    shadows: new Set(),
    onDecision: (_, { limit, decision }) => decisions.push(`${limit} ${decision}`),
  });
  const handler = callerRate<Call, string>({ book, keys: createLimitKeys([Buffer.alloc(32, 1)]), perSecond })(
    async () => "answered",
  );
  const call = async (caller = "shop", service = "verigate.v1.UserAPI"): Promise<unknown> =>
    rejecting(handler, { service, progress: createProgress(caller) } as Call).catch((error: unknown) => error);
  return { clock, decisions, call };
}

it("a caller has so many calls a second, and another has its own", async () => {
  const { clock, call } = scene(2);
  expect([await call(), await call()]).toEqual(["answered", "answered"]);
  const refused = await call();

  expect(refused).toBeInstanceOf(Fault);
  expect(refused).toMatchObject({
    kind: "caller-rate-limited",
    quota: { subject: "caller:shop", description: "calls: 2/1s" },
  });
  expect(await call("another")).toBe("answered");
  clock.advance((refused as Fault).retryAfterMs ?? 0);
  expect(await call()).toBe("answered");
});

it("nothing is left to be settled", async () => {
  const finals: unknown[] = [];
  const store = createMemoryLimitStore({ clock: createTestClock(), bytesMax: 1_000_000 });
  const { call } = scene(2, {
    ...store,
    reserve(reservation) {
      finals.push(reservation.isFinal);
      return store.reserve(reservation);
    },
  });
  await call();

  expect(finals).toEqual([true]);
});

it("health is always told", async () => {
  const { call, decisions } = scene(1);
  for (let time = 0; time < 5; time += 1) {
    expect(await call("shop", "grpc.health.v1.Health")).toBe("answered");
  }

  expect(decisions).toEqual([]);
});

it("a store that is down lets all calls go on", async () => {
  const down = () => Promise.reject(new Error("down"));
  const { call, decisions } = scene(1, { entries: undefined, reserve: down, settle: down, remember: down });

  expect([await call(), await call()]).toEqual(["answered", "answered"]);
  expect(decisions).toEqual(["caller_rps failed_open", "caller_rps failed_open"]);
});

it("0 is no limit, and asks no store", async () => {
  const { call, decisions } = scene(0);

  expect([await call(), await call()]).toEqual(["answered", "answered"]);
  expect(decisions).toEqual([]);
});
