import { createTestClock } from "@verigate/call/testing";
import { expect, it } from "vitest";
import { createRemoteKeys } from "./remote-keys.ts";

const setOf = (kid: string) => JSON.stringify({ keys: [{ kty: "OKP", crv: "Ed25519", kid, x: "A".repeat(43) }] });

/** An issuer whose answer the test can change; undefined fails. */
function scene(initial: string | undefined) {
  const clock = createTestClock();
  const world = { text: initial };
  const failures: boolean[] = [];
  let fetches = 0;
  const keys = createRemoteKeys({
    clock,
    fetch: async () => {
      fetches += 1;
      if (world.text === undefined) {
        throw new Error("unreachable");
      }
      return world.text;
    },
    onFailure: (_, isFirst) => failures.push(isFirst),
  });
  const kidNow = () => keys.current?.keyOf.jwks().keys[0]?.kid;
  return { clock, world, failures, keys, kidNow, fetched: () => fetches };
}

/** Lets what is under way come to its end. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

it("keys are fetched at once, and again when they are missed, but not twice in 30 s", async () => {
  const { clock, world, keys, kidNow, fetched } = scene(setOf("one"));
  await settled();
  expect(kidNow()).toBe("one");
  world.text = setOf("two");
  await keys.refresh();
  clock.advance(29_999);
  await keys.refresh();
  expect([kidNow(), fetched()]).toEqual(["one", 1]);
  clock.advance(1);
  await Promise.all([keys.refresh(), keys.refresh(), keys.refresh()]);
  expect([kidNow(), fetched()]).toEqual(["two", 2]);
});

it("keys are looked at every 10 minutes, so that one which was withdrawn goes", async () => {
  const { clock, world, kidNow } = scene(setOf("one"));
  await settled();
  world.text = setOf("two");
  clock.advance(10 * 60_000);
  await settled();
  expect(kidNow()).toBe("two");
});

it.each([undefined, "no JSON", '{"keys":[]}', '{"keys":"x"}', "[]"])(
  "the last good keys are kept while the issuer says %j, and each failure is told",
  async (text) => {
    const { clock, world, failures, kidNow } = scene(setOf("one"));
    await settled();
    world.text = text;
    clock.advance(10 * 60_000);
    await settled();
    clock.advance(30_000);
    await settled();
    expect(kidNow()).toBe("one");
    expect(failures).toEqual([true, false]);
    world.text = setOf("two");
    clock.advance(30_000);
    await settled();
    expect(kidNow()).toBe("two");
  },
);

it("before there are any keys they are asked for again after 1, 2, 4 s and so on, up to 30 s", async () => {
  const { clock, world, kidNow, fetched } = scene(undefined);
  for (const seconds of [1, 2, 4, 8, 16, 30, 30]) {
    await settled();
    const before = fetched();
    clock.advance(seconds * 1_000 - 1);
    await settled();
    expect(fetched()).toBe(before);
    clock.advance(1);
    await settled();
    expect(fetched()).toBe(before + 1);
  }
  world.text = setOf("one");
  clock.advance(30_000);
  await settled();
  expect(kidNow()).toBe("one");
});

it("the same keys stay the same object, so that what was checked with them counts on", async () => {
  const { clock, keys } = scene(setOf("one"));
  await settled();
  const before = keys.current;
  clock.advance(10 * 60_000);
  await settled();
  expect(keys.current).toBe(before);
});

it("nothing is asked for after the end", async () => {
  const { clock, keys, fetched } = scene(setOf("one"));
  keys.close();
  await settled();
  clock.advance(60 * 60_000);
  await settled();
  expect(fetched()).toBe(1);
  expect(clock.pendingTimers()).toBe(0);
});

it("keys that could not be fetched for 24 hours are none, until they can be", async () => {
  const { clock, world, keys, kidNow } = scene(setOf("one"));
  await settled();
  const text = world.text;
  world.text = undefined;
  clock.advance(24 * 60 * 60_000 - 1);
  await settled();
  expect(kidNow()).toBe("one");
  clock.advance(1);
  expect(kidNow()).toBe(undefined);

  world.text = text;
  clock.advance(30_000);
  await keys.refresh();
  expect(kidNow()).toBe("one");
});
