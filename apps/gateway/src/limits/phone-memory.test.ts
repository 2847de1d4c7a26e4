import { expect, it } from "vitest";
import type { KnownUser } from "../store/limit-store.ts";
import { limitsScene } from "./limits-for-test.ts";

/** A scene, and what it gave its store to remember. */
function remembering(env = {}) {
  const known: KnownUser[] = [];
  const the = limitsScene({
    env,
    store: (real) => ({
      ...real,
      remember(users) {
        known.push(...users);
        return real.remember(users);
      },
    }),
  });
  return { the, known };
}

it("a user's phone is remembered as a keyed hash, with its country", async () => {
  const { the, known } = remembering();
  await the.createUser({ idInService: "anna" });

  expect(known).toEqual([
    {
      user: expect.stringMatching(/^user:[\w-]{22}$/),
      phone: expect.stringMatching(/^[\w-]{22}$/),
      country: "EE",
    },
  ]);
});

it("nothing is remembered where no limit needs it", async () => {
  const { the, known } = remembering({
    VERIGATE_LIMIT_SEND_COOLDOWN: "0",
    VERIGATE_LIMIT_SENDS: "0",
    VERIGATE_PUMPING: "off",
  });
  await the.createUser();

  expect(known).toEqual([]);
});

it.each([
  [
    "fails",
    () => Promise.reject(new Error("down")),
    [expect.stringMatching(/the store is down/), "info: the store is back"],
  ],
  ["is full", async () => false, []],
])("a user is there all the same where the store %s, and is limited by its id", async (_, remember, lines) => {
  const the = limitsScene({ store: (real) => ({ ...real, remember }) });

  expect(await the.createUser()).toBe("created");
  expect(the.decisions()).toEqual(["sends failed_open"]);
  await the.initiate();
  expect(await the.initiate()).toMatch(/^send-cooldown/);
  expect(the.lines).toEqual(lines);
});
