import { Fault } from "@verigate/call";
import { AuthAPI } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import { type LimitsScene, limitsScene, type ProviderAnswer } from "./limits-for-test.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** Guesses wrong as often as `times`, and tells the last answer. */
async function guessWrong(the: LimitsScene, times: number, request = {}): Promise<string> {
  the.answer("wrong");
  let last = "";
  for (let time = 0; time < times; time += 1) {
    last = await the.verify(request);
  }
  return last;
}

describe("the guess budget", () => {
  it("tells how many guesses are left and how long to wait, and then looks at no PIN any more", async () => {
    const the = limitsScene();
    the.answer("wrong");
    expect([await the.verify(), await the.verify(), await the.verify(), await the.verify()]).toEqual([
      "invalid, 4 left",
      "invalid, 3 left",
      "invalid, 2 left",
      "invalid, 1 left",
    ]);
    the.clock.advance(minuteMs);
    expect(await the.verify()).toBe("invalid, 0 left, again after 540 s");
    the.answer("right");
    expect(await the.verify()).toBe("throttled by the gateway, 0 left, again after 540 s");
    expect(the.asked).toHaveLength(5);
    the.clock.advance(9 * minuteMs);
    expect(await the.verify()).toBe("verified");
  });

  it("lets no more guesses through at once than there are", async () => {
    const the = limitsScene();
    the.answer("wrong");
    await Promise.all(Array.from({ length: 20 }, () => the.verify()));

    expect(the.asked).toHaveLength(5);
  });

  it("bounds the day besides the minutes", async () => {
    const the = limitsScene();
    for (let round = 0; round < 4; round += 1) {
      expect(await guessWrong(the, 5)).toMatch(/^invalid, 0 left/);
      the.clock.advance(11 * minuteMs);
    }
    const leftMs = 24 * hourMs - 44 * minuteMs;
    expect(await guessWrong(the, 1)).toBe(`throttled by the gateway, 0 left, again after ${leftMs / 1_000} s`);
    // Those of one moment are a millisecond apart.
    the.clock.advance(leftMs + 4);

    expect(await guessWrong(the, 1)).toBe("invalid, 4 left");
  });

  it("after a right guess starts anew for the minutes, and not for the day", async () => {
    const the = limitsScene();
    for (let round = 0; round < 5; round += 1) {
      expect(await guessWrong(the, 4)).toBe(round < 4 ? "invalid, 1 left" : "invalid, 0 left, again after 86400 s");
      the.answer("right");
      expect(await the.verify()).toBe(round < 4 ? "verified" : "throttled by the gateway, 0 left, again after 86400 s");
    }
  });

  it("is not used up by right guesses, however many there are", async () => {
    const the = limitsScene();
    the.answer("right");
    for (let login = 0; login < 100; login += 1) {
      expect(await the.verify()).toBe("verified");
    }
  });

  it.each([
    ["wrong", "wrong" as const, false, 1],
    ["expired", "expired" as const, false, 1],
    ["throttled by the provider", "throttled" as const, false, 1],
    ["unknown", new Fault("outcome-unknown"), true, 1],
    ["not understood", new Fault("upstream-bad-response"), true, 1],
    ["a bug of ours, after it was sent", new Fault("gateway-bug"), true, 1],
    ["given up, after it was sent", new Fault("deadline-exceeded"), true, 1],
    ["given up, before it was sent", new Fault("deadline-exceeded"), false, 0],
    ["a caller that left, before it was sent", new Fault("cancelled"), false, 0],
    ["not sent", new Fault("upstream-unreachable"), false, 0],
    ["refused by ourselves", new Fault("overloaded"), false, 0],
    ["404", new Fault("user-not-found"), true, 0],
    ["404 without an auth_id", new Fault("verification-not-found"), true, 0],
    ["400", new Fault("upstream-rejected"), true, 0],
    ["401", new Fault("upstream-credentials-rejected"), true, 0],
    ["403", new Fault("upstream-forbidden"), true, 0],
    ["429", new Fault("upstream-rate-limited"), true, 0],
  ])("a guess that ends as %s takes its place", async (_, answer, isSent, places) => {
    const the = limitsScene();
    the.answer(({ progress }) => {
      progress.isOutcomeOpen = isSent;
      return answer;
    });
    await the.verify();

    expect(await guessWrong(the, 1)).toBe(`invalid, ${4 - places} left`);
  });

  describe("at auth_ids that name nothing", () => {
    const missed = new Fault("verification-not-found");

    it("is bounded for the shorter time alone, and leaves the user's other guesses", async () => {
      const the = limitsScene();
      the.answer(missed);
      for (let guess = 0; guess < 20; guess += 1) {
        await the.verify({ authId: `made up ${guess}` });
      }
      expect(the.asked).toHaveLength(5);
      expect(await the.verify({ authId: "made up" })).toBe("throttled by the gateway, 0 left, again after 600 s");
      expect(await guessWrong(the, 1)).toBe("invalid, 4 left");
      the.clock.advance(10 * minuteMs + 5);

      expect(await guessWrong(the, 1, { authId: "a1" })).toBe("invalid, 4 left");
      expect(await guessWrong(the, 30)).toMatch(/^throttled/);
      the.clock.advance(10 * minuteMs + 5);
      // Of the day's 20, six are gone: made-up auth_ids took none.
      for (let round = 0; round < 2; round += 1) {
        expect(await guessWrong(the, 5)).toMatch(/^invalid, 0 left/);
        the.clock.advance(10 * minuteMs + 5);
      }
      expect(await guessWrong(the, 4)).toMatch(/^invalid, 0 left, again after 8\d{4}/);
    });

    it("is shared by strangers like all guesses: one leaves the others some", async () => {
      const the = limitsScene();
      the.answer(missed);
      for (let guess = 0; guess < 20; guess += 1) {
        await the.verify({ authId: `made up ${guess}`, endUser: { ip: "192.0.2.1" } });
      }
      expect(the.asked).toHaveLength(3);
      the.answer("right");

      expect(await the.verify({ authId: "a1", endUser: { ip: "198.51.100.7" } })).toBe("verified");
    });

    it("leaves nothing behind when its time is over, whomever somebody makes up", async () => {
      const the = limitsScene();
      the.answer(missed);
      for (let user = 0; user < 100; user += 1) {
        await the.verify({ userId: `made up ${user}`, authId: "made up" });
      }
      expect(the.store.entries).toBe(100);
      the.clock.advance(10 * minuteMs + 5);
      for (let call = 0; call < 1_000; call += 1) {
        await the.verify();
      }

      // That of the caller who has made the last calls.
      expect(the.store.entries).toBe(0);
    });
  });

  it("tells a short wait while a call under way may give its place back", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_GUESSES: "1/10m" } });
    const ends = Promise.withResolvers<ProviderAnswer>();
    the.answer(() => ends.promise);
    const first = the.verify();
    expect(await the.verify()).toBe("throttled by the gateway, 0 left, again after 1 s");
    ends.resolve("wrong");
    await first;

    expect(await the.verify()).toBe("throttled by the gateway, 0 left, again after 600 s");
  });

  it("tells nothing of what is left where the provider has a limit of its own", async () => {
    const the = limitsScene();
    the.answer("throttled");

    expect(await the.verify()).toBe("throttled");
  });

  it.each([
    ["another auth_id", { authId: "a2" }],
    ["another method", { method: 2 }],
    ["another request_id", { requestId: "6b1d9f0e-0000-4000-8000-00000000000a" }],
    ["another spelling of the user's id", { userId: "U" }],
    ["punctuation in the user's id", { userId: "{u}" }],
    ["another spelling of the service's id", { serviceId: "S." }],
  ])("is the same for %s", async (_, request) => {
    const the = limitsScene();
    await guessWrong(the, 5);

    expect(await guessWrong(the, 1, request)).toMatch(/^throttled/);
  });

  it.each([
    ["another user", { userId: "other" }],
    ["the same user of another service", { serviceId: "other" }],
  ])("is not used up for %s", async (_, request) => {
    const the = limitsScene();
    await guessWrong(the, 5);

    expect(await guessWrong(the, 1, request)).toBe("invalid, 4 left");
  });

  it("is not given back by a new PIN", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SEND_COOLDOWN: "0" } });
    await guessWrong(the, 4);
    the.answer("sms");
    await the.initiate();

    expect(await guessWrong(the, 1)).toMatch(/^invalid, 0 left/);
  });

  it.each([
    ["address", { ip: "192.0.2.1" }, { ip: "198.51.100.7" }],
    ["session", { session: "a" }, { session: "b" }],
    ["IPv6 network", { ip: "2001:db8::1" }, { ip: "2001:db8:0:1::1" }],
  ])("leaves a victim some of it, whatever a stranger of another %s does", async (_, stranger, victim) => {
    const the = limitsScene();
    expect(await guessWrong(the, 3, { endUser: stranger })).toBe("invalid, 0 left, again after 600 s");
    expect(await guessWrong(the, 5, { endUser: stranger })).toMatch(/^throttled/);
    the.answer("right");

    expect(await the.verify({ endUser: victim })).toBe("verified");
    expect(the.asked).toHaveLength(4);
  });

  it("takes one machine for one, in whichever way its address is written", async () => {
    const the = limitsScene();
    await guessWrong(the, 3, { endUser: { ip: "192.0.2.1", session: "a" } });

    expect(await guessWrong(the, 1, { endUser: { ip: "::ffff:192.0.2.1", session: "b" } })).toMatch(/^throttled/);
  });

  it("is the user's own for all strangers together", async () => {
    const the = limitsScene();
    for (let stranger = 0; stranger < 10; stranger += 1) {
      await guessWrong(the, 1, { endUser: { ip: `192.0.2.${stranger}` } });
    }

    expect(the.asked).toHaveLength(5);
  });

  it("may be one number instead of two, which a right guess forgets", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_GUESSES: "2/1m" } });
    await guessWrong(the, 1);
    the.answer("right");
    await the.verify();

    expect(await guessWrong(the, 2)).toMatch(/^invalid, 0 left/);
    expect(await guessWrong(the, 1)).toMatch(/^throttled/);
  });

  it("that is 0 limits nothing, and tells nothing", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_GUESSES: "0" } });

    expect(await guessWrong(the, 30)).toBe("invalid");
    expect(the.decisions()).toEqual([]);
  });

  it("that is a shadow refuses nothing, tells callers nothing, and metrics what it would have refused", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SHADOW: "guesses" } });
    expect(await guessWrong(the, 5)).toBe("invalid");
    expect(the.decisions()).toEqual(Array.from({ length: 5 }, () => "guesses allowed"));

    expect(await guessWrong(the, 1)).toBe("invalid");
    expect(the.decisions()).toEqual(["guesses shadow_denied"]);
  });

  it("tells of each decision once, about a hash", async () => {
    const the = limitsScene();
    await guessWrong(the, 6, { endUser: { ip: "192.0.2.1", session: "a" } });

    expect(the.decisions()).toEqual([
      ...Array.from({ length: 3 }, () => "guesses allowed"),
      ...Array.from({ length: 3 }, () => "guesses denied"),
    ]);
    expect(new Set(the.subjects.map((subject) => /^guesses:[\w-]{22}$/.test(subject)))).toEqual(new Set([true]));
  });
});

describe("a repeat of a known request_id", () => {
  const known = (the: LimitsScene, isSame: boolean) =>
    the.limits.guesses.onRepeat(
      the.unary(AuthAPI.method.verifyPin, { serviceId: "s", userId: "u", pin: "9876" }),
      isSame,
    );

  it("with another PIN is a wrong guess", async () => {
    const the = limitsScene();
    expect(await known(the, false)).toBeUndefined();

    expect(await guessWrong(the, 1)).toBe("invalid, 3 left");
  });

  it("with the same PIN costs nothing", async () => {
    const the = limitsScene();
    expect(await known(the, true)).toBeUndefined();

    expect(await guessWrong(the, 1)).toBe("invalid, 4 left");
  });

  it("is answered alike with the right and with a wrong PIN once the budget is exhausted", async () => {
    const the = limitsScene();
    await guessWrong(the, 5);
    const [same, other] = [await known(the, true), await known(the, false)];

    expect(same).toMatchObject({ verified: false, throttledBy: 1, checksLeft: 0 });
    expect(other).toEqual(same);
  });

  it("of another method is no guess", async () => {
    const the = limitsScene();
    const initiation = the.unary(AuthAPI.method.initiateAuth, { serviceId: "s", userId: "u", method: 1 });
    expect(await the.limits.guesses.onRepeat(initiation, false)).toBeUndefined();

    expect(await guessWrong(the, 1)).toBe("invalid, 4 left");
  });
});

describe("spraying", () => {
  const others = (count: number, from = 0) => Array.from({ length: count }, (_, index) => `user ${from + index}`);

  async function guessAt(
    the: LimitsScene,
    users: readonly string[],
    answer: "right" | "wrong" | "expired",
  ): Promise<void> {
    the.answer(answer);
    for (const userId of users) {
      await the.verify({ userId });
    }
  }

  it("is told of one wrong guess at each of many users of a service", async () => {
    const the = limitsScene();
    await guessAt(the, others(19), "wrong");
    expect(the.heard).toEqual([]);
    await guessAt(the, others(1, 19), "wrong");

    expect(the.heard).toEqual(["spraying s"]);
  });

  it.each([
    ["a few users who guess wrong again and again", others(4).flatMap((user) => [user, user, user, user, user])],
    ["19 users", others(19)],
  ])("is not told of %s", async (_, users) => {
    const the = limitsScene();
    await guessAt(the, users, "wrong");

    expect(the.heard).toEqual([]);
  });

  it("is not told of PINs that come too late", async () => {
    const the = limitsScene();
    await guessAt(the, others(30), "expired");

    expect(the.heard).toEqual([]);
  });

  it("is not told where five times as many users are verified", async () => {
    const the = limitsScene();
    await guessAt(the, others(150), "right");
    await guessAt(the, others(30, 200), "wrong");
    expect(the.heard).toEqual([]);
    await guessAt(the, others(1, 230), "wrong");

    expect(the.heard).toEqual(["spraying s"]);
  });

  it("is forgotten when its time has passed", async () => {
    const the = limitsScene();
    await guessAt(the, others(19), "wrong");
    the.clock.advance(11 * minuteMs);
    await guessAt(the, others(1, 19), "wrong");

    expect(the.heard).toEqual([]);
  });
});
