import type { Eventual } from "@verigate/call";
import { expect, it } from "vitest";
import type { LimitStore } from "../store/limit-store.ts";
import { type LimitsSceneOptions, limitsScene } from "./limits-for-test.ts";

/** A store of which the given calls fail while `isDown`. */
function failing(down: { isDown: boolean }): (real: LimitStore) => LimitStore {
  const over =
    <Args extends unknown[], Result>(call: (...args: Args) => Eventual<Result>) =>
    (...args: Args) =>
      down.isDown ? Promise.reject(new Error("down")) : call(...args);
  return (real) => ({ ...real, reserve: over(real.reserve), settle: over(real.settle) });
}

const full: LimitsSceneOptions["store"] = (real) => ({ ...real, reserve: async () => ({ kind: "full" }) });

it.each([
  [
    "down",
    failing({ isDown: true }),
    ["warn: the store is down: calls with a request_id, and those that limits count, are refused"],
  ],
  ["full", full, []],
])("while the store is %s, starts and guesses are refused before anything is sent", async (_, store, lines) => {
  const the = limitsScene({ store });

  expect(await the.initiate()).toBe("store-unavailable, again after 1 s");
  expect(await the.verify()).toBe("store-unavailable, again after 1 s");
  expect(the.asked).toEqual([]);
  expect(the.decisions()).toEqual(["send_cooldown failed_closed", "sends failed_closed", "guesses failed_closed"]);
  expect(the.lines).toEqual(lines);
});

it.each([
  ["down", failing({ isDown: true })],
  ["full", full],
])("where that is allowed, they go on while the store is %s, and nothing is counted", async (_, store) => {
  const the = limitsScene({ store, env: { VERIGATE_STORE_FAILURE: "allow" } });

  expect([await the.initiate(), await the.initiate()]).toEqual(["sms", "sms"]);
  the.answer("wrong");
  expect(await the.verify()).toBe("invalid");
  expect(new Set(the.decisions())).toEqual(
    new Set(["send_cooldown failed_open", "sends failed_open", "pumping allowed", "guesses failed_open"]),
  );
});

it("a call gets its answer where the store goes down while it runs, and stays counted", async () => {
  const down = { isDown: false };
  const the = limitsScene({ store: failing(down) });
  the.answer(() => {
    down.isDown = true;
    return "totp";
  });
  expect(await the.initiate()).toBe("totp, again after 0 s");
  down.isDown = false;
  the.answer("sms");

  expect(await the.initiate()).toMatch(/^send-cooldown/);
  expect(the.lines).toEqual([
    "warn: the store is down: calls with a request_id, and those that limits count, are refused",
    "info: the store is back",
  ]);
});

it("what was counted although no answer came is given back", async () => {
  let isDeaf = true;
  const the = limitsScene({
    store: (real) => ({
      ...real,
      async reserve(reservation) {
        const result = await real.reserve(reservation);
        if (isDeaf) {
          throw new Error("no answer came");
        }
        return result;
      },
    }),
  });
  expect(await the.initiate()).toMatch(/^store-unavailable/);
  isDeaf = false;

  expect(await the.initiate()).toMatch(/^sms/);
});

it("nothing is asked of the store where no limit is on", async () => {
  const env = {
    VERIGATE_LIMIT_GUESSES: "0",
    VERIGATE_LIMIT_SEND_COOLDOWN: "0",
    VERIGATE_LIMIT_SENDS: "0",
    VERIGATE_PUMPING: "off",
  };
  const the = limitsScene({ env, store: failing({ isDown: true }) });

  expect([await the.initiate(), await the.verify()]).toEqual(["sms", expect.any(String)]);
  expect(the.decisions()).toEqual([]);
});

it("while pumping alone is on, a store that is down refuses nothing", async () => {
  const env = { VERIGATE_LIMIT_GUESSES: "0", VERIGATE_LIMIT_SEND_COOLDOWN: "0", VERIGATE_LIMIT_SENDS: "0" };
  const the = limitsScene({ env, store: failing({ isDown: true }) });
  the.answer("sms");

  expect(await the.initiate()).toBe("sms");
});

it("replicas with an old and a new hash key count together while the keys are replaced", async () => {
  const [oldKey, newKey] = [Buffer.alloc(32, 1), Buffer.alloc(32, 2)];
  const first = limitsScene({ hashKeys: [oldKey] });
  const replicas = [[oldKey], [oldKey, newKey], [newKey, oldKey], [newKey]] as const;
  const [, ...others] = replicas.map((hashKeys) => limitsScene({ hashKeys, store: () => first.store }));
  first.answer("wrong");
  const [withBoth, newFirst, newAlone] = others.map((the) => {
    the.answer("wrong");
    return the;
  });

  await first.createUser();
  expect(await first.verify()).toBe("invalid, 4 left");
  expect(await withBoth?.verify()).toBe("invalid, 3 left");
  expect(await newFirst?.verify()).toBe("invalid, 2 left");
  // What the old key alone counted is not known any more; so it stays in the list for a day.
  expect(await newAlone?.verify()).toBe("invalid, 2 left");
  expect(await withBoth?.verify()).toBe("invalid, 1 left");
  expect(await withBoth?.initiate()).toMatch(/^sms/);
  expect(await newFirst?.initiate()).toMatch(/^send-cooldown/);
});
