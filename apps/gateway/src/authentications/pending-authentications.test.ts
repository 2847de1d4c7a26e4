import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import type { AuthStarts } from "../store/auth-starts.ts";
import { createMemoryAuthStarts } from "../store/memory-auth-starts.ts";
import { abandonedMs, createPendingAuthentications } from "./pending-authentications.ts";

const anna = { serviceId: "shop", userId: "anna" };
const bert = { serviceId: "shop", userId: "bert" };
const sms = { serviceId: "shop", method: "sms" };
const totp = { serviceId: "shop", method: "totp" };

/** As many processes as asked for, with starts that they share. */
function scene(processes = 1, wrap: (real: AuthStarts) => AuthStarts = (real) => real) {
  const clock = createTestClock();
  const starts = wrap(createMemoryAuthStarts(clock));
  const abandoned: string[] = [];
  const all = Array.from({ length: processes }, (_, index) =>
    createPendingAuthentications({
      clock,
      starts,
      keyOf: ({ serviceId, userId }) => `${serviceId} ${userId}`,
      onAbandoned: ({ serviceId, method }) => abandoned.push(`${serviceId} ${method} at ${index}`),
    }),
  );
  const [first, second] = all;
  return { clock, abandoned, first: first ?? neverHappens(), second: second ?? first ?? neverHappens() };
}

function neverHappens(): never {
  throw new Error("a scene has a process");
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

it("a success is told how long ago the initiation was", async () => {
  const { clock, first } = scene();
  first.begin(anna, sms);
  clock.advance(12_500);

  expect(await first.complete(anna)).toBe(12_500);
});

it("the latest initiation of a user counts, and only one success of it", async () => {
  const { clock, first } = scene();
  first.begin(anna, sms);
  clock.advance(60_000);
  first.begin(anna, sms);
  clock.advance(5_000);

  expect(await first.complete(anna)).toBe(5_000);
  expect(await first.complete(anna)).toBeUndefined();
});

it("a success of somebody who did not initiate is told nothing", async () => {
  const { first } = scene();
  first.begin(anna, sms);

  expect(await first.complete(bert)).toBeUndefined();
  expect(await first.complete({ serviceId: "other", userId: "anna" })).toBeUndefined();
});

it("who is not verified for 10 minutes has abandoned it, once", async () => {
  const { clock, abandoned, first } = scene();
  first.begin(anna, totp);
  clock.advance(abandonedMs - 1);
  await settle();
  expect(abandoned).toEqual([]);
  clock.advance(1);
  await settle();
  expect(abandoned).toEqual(["shop totp at 0"]);
  clock.advance(abandonedMs);
  await settle();
  expect(abandoned).toHaveLength(1);
});

it("who is verified, or initiates again, has not abandoned it", async () => {
  const { clock, abandoned, first } = scene();
  first.begin(anna, sms);
  first.begin(bert, sms);
  clock.advance(abandonedMs / 2);
  await first.complete(anna);
  first.begin(bert, sms);
  clock.advance(abandonedMs / 2);
  await settle();

  expect(abandoned).toEqual([]);
  clock.advance(abandonedMs / 2);
  await settle();
  expect(abandoned).toEqual(["shop sms at 0"]);
});

it("each ends in its own time, with one timer for them all, and none is left behind", async () => {
  const { clock, abandoned, first } = scene();
  first.begin(anna, sms);
  clock.advance(1_000);
  first.begin(bert, totp);
  expect(clock.pendingTimers()).toBe(1);
  clock.advance(abandonedMs - 1_000);
  await settle();
  expect(abandoned).toEqual(["shop sms at 0"]);
  clock.advance(1_000);
  await settle();
  expect(abandoned).toEqual(["shop sms at 0", "shop totp at 0"]);
  expect(clock.pendingTimers()).toBe(0);
});

it("who initiates again does not hold up the end of others", async () => {
  const { clock, abandoned, first } = scene();
  first.begin(anna, sms);
  first.begin(bert, totp);
  clock.advance(abandonedMs / 2);
  first.begin(anna, sms);
  clock.advance(abandonedMs / 2);
  await settle();

  expect(abandoned).toEqual(["shop totp at 0"]);
});

it("a success at another process is told, and is not abandoned at the first", async () => {
  const { clock, abandoned, first, second } = scene(2);
  first.begin(anna, sms);
  clock.advance(7_000);

  expect(await second.complete(anna)).toBe(7_000);
  clock.advance(abandonedMs);
  await settle();
  expect(abandoned).toEqual([]);
});

it("an initiation that is repeated at another process is abandoned there alone", async () => {
  const { clock, abandoned, first, second } = scene(2);
  first.begin(anna, sms);
  clock.advance(1_000);
  second.begin(anna, totp);
  clock.advance(abandonedMs);
  await settle();

  expect(abandoned).toEqual(["shop totp at 1"]);
});

it("beyond 100,000, the oldest are forgotten and count as nothing", async () => {
  const { clock, abandoned, first } = scene();
  for (let user = 0; user <= 100_000; user += 1) {
    first.begin({ serviceId: "shop", userId: String(user) }, sms);
  }
  expect(await first.complete({ serviceId: "shop", userId: "0" })).toBeUndefined();
  expect(await first.complete({ serviceId: "shop", userId: "1" })).toBe(0);
  clock.advance(2 * abandonedMs);
  await settle();

  expect(abandoned).toHaveLength(99_999);
  expect(clock.pendingTimers()).toBe(0);
});

it("a store that is down loses the figures, and throws nothing", async () => {
  const down = async () => {
    throw new Error("down");
  };
  const { clock, abandoned, first } = scene(1, () => ({ put: down, take: down, drop: down }));
  first.begin(anna, sms);
  first.begin(bert, sms);

  expect(await first.complete(anna)).toBeUndefined();
  clock.advance(abandonedMs);
  await settle();
  expect(abandoned).toEqual([]);
});
