import { Fault } from "@verigate/call";
import { AuthAPI, AuthMethod } from "@verigate/contract";
import { describe, expect, it } from "vitest";
import { type LimitsScene, limitsScene, type ProviderAnswer } from "./limits-for-test.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const latvian = "+37121234567";

/** Starts as often as `times`, as soon as the cool-down allows it, and tells the last answer. */
async function startAgain(the: LimitsScene, times: number, request = {}): Promise<string> {
  let last = "";
  for (let time = 0; time < times; time += 1) {
    the.clock.advance(30_000);
    last = await the.initiate(request);
  }
  return last;
}

describe("PINs that are sent to a user", () => {
  it("have a cool-down between them, of which the first start tells", async () => {
    const the = limitsScene();
    expect(await the.initiate()).toBe("sms, again after 30 s");
    the.clock.advance(10_000);
    expect(await the.initiate()).toBe("send-cooldown, again after 20 s (user:u; PINs: 1/30s)");
    the.clock.advance(20_000);
    expect(await the.initiate()).toBe("sms, again after 30 s");
  });

  it("are no more than five in an hour, and the fifth tells when there may be another", async () => {
    const the = limitsScene();
    expect(await startAgain(the, 4)).toBe("sms, again after 30 s");
    expect(await startAgain(the, 1)).toBe("sms, again after 3480 s");
    expect(await startAgain(the, 1)).toBe("send-limit, again after 3450 s (user:u; PINs: 5/1h)");
    the.clock.advance(hourMs - 150_000);
    expect(await the.initiate()).toMatch(/^sms/);
    expect(the.asked).toHaveLength(6);
  });

  it("are refused by the limit that one has to wait for longest", async () => {
    const the = limitsScene();
    await startAgain(the, 5);

    expect(await the.initiate()).toMatch(/^send-limit, again after 3480 s/);
  });

  it("started at once are one", async () => {
    const the = limitsScene();
    await Promise.all(Array.from({ length: 20 }, () => the.initiate()));

    expect(the.asked).toHaveLength(1);
  });

  it.each([
    ["TOTP is used", "totp" as const, false, "totp, again after 0 s"],
    ["nothing was sent", new Fault("upstream-unreachable"), false, "upstream-unreachable"],
    ["the provider refused it", new Fault("user-not-found"), true, "user-not-found"],
    ["the provider limits the rate", new Fault("upstream-rate-limited"), true, "upstream-rate-limited"],
  ])("do not count where %s", async (_, answer: ProviderAnswer, isSent, summary) => {
    const the = limitsScene();
    the.answer(({ progress }) => {
      progress.isOutcomeOpen = isSent;
      return answer;
    });
    expect(await the.initiate({ method: AuthMethod.TOTP })).toBe(summary);
    the.answer("sms");

    expect(await the.initiate()).toBe("sms, again after 30 s");
  });

  it.each([
    ["it is not known whether it was sent", new Fault("outcome-unknown")],
    ["the answer can't be understood", new Fault("upstream-bad-response")],
    ["the deadline passed after it was sent", new Fault("deadline-exceeded")],
  ])("count where %s", async (_, answer) => {
    const the = limitsScene();
    the.answer(({ progress }) => {
      progress.isOutcomeOpen = true;
      return answer;
    });
    await the.initiate();
    the.answer("sms");

    expect(await the.initiate()).toMatch(/^send-cooldown/);
  });

  it("fall back from TOTP to SMS within the same limits", async () => {
    const the = limitsScene();
    await the.initiate({ method: AuthMethod.TOTP });

    expect(await the.initiate({ method: AuthMethod.TOTP })).toMatch(/^send-cooldown/);
  });

  it.each([
    ["another spelling of the user's id", { userId: "U-" }],
    ["another request_id", { requestId: "6b1d9f0e-0000-4000-8000-00000000000a" }],
    ["another method", { method: AuthMethod.TOTP }],
  ])("are limited all the same by %s", async (_, request) => {
    const the = limitsScene();
    await the.initiate();

    expect(await the.initiate(request)).toMatch(/^send-cooldown/);
  });

  it("are limited by the phone, which has it from CreateUser, under whatever names it is registered", async () => {
    const the = limitsScene();
    await the.createUser({ idInService: "anna" });
    await the.createUser({ idInService: "anna again" });
    await the.createUser({ idInService: "berta", phoneNumber: "+37255555556" });
    await the.initiate({ userId: "anna" });

    expect(await the.initiate({ userId: "anna again" })).toBe(
      "send-cooldown, again after 30 s (user:anna again; PINs: 1/30s)",
    );
    expect(await the.initiate({ userId: "berta" })).toMatch(/^sms/);
  });

  it("of one phone in two services are two", async () => {
    const the = limitsScene();
    await the.createUser();
    await the.createUser({ serviceId: "other" });
    await the.initiate();

    expect(await the.initiate({ serviceId: "other" })).toMatch(/^sms/);
  });

  it("are of one phone in whatever way its number is spelled", async () => {
    const the = limitsScene();
    await the.createUser({ idInService: "anna", phoneNumber: "+447911123456" });
    await the.createUser({ idInService: "berta", phoneNumber: "+4407911123456" });
    await the.initiate({ userId: "anna" });

    expect(await the.initiate({ userId: "berta" })).toMatch(/^send-cooldown/);
  });

  it("of one phone are no more than twice the cap, whatever services somebody makes up", async () => {
    const the = limitsScene();
    const answers: string[] = [];
    for (let service = 0; service < 12; service += 1) {
      const user = { serviceId: `service ${service}`, userId: "u" };
      await the.createUser({ serviceId: user.serviceId });
      answers.push(await the.initiate(user));
    }

    expect(answers.slice(0, 10).every((answer) => answer.startsWith("sms"))).toBe(true);
    expect(answers[10]).toMatch(/^send-limit, again after \d+ s \(phone of user:u; PINs of all services: 10\/1h\)$/);
    expect(the.asked.filter((method) => method === "InitiateAuth")).toHaveLength(10);
    // Another phone has its own.
    await the.createUser({ serviceId: "service 11", idInService: "berta", phoneNumber: latvian });
    expect(await the.initiate({ serviceId: "service 11", userId: "berta" })).toMatch(/^sms/);
    the.clock.advance(hourMs + 10);

    expect(await the.initiate({ serviceId: "service 11", userId: "u" })).toMatch(/^sms/);
  });

  it("leave a victim some, whatever a stranger does", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SEND_COOLDOWN: "0" } });
    const stranger = { endUser: { ip: "192.0.2.1", session: "a" } };
    expect(await startAgain(the, 3, stranger)).toBe("sms, again after 3540 s");
    expect(await startAgain(the, 1, stranger)).toMatch(/^send-limit.*\(end_user.ip:192.0.2.1; PINs: 3\/1h\)$/);
    expect(await startAgain(the, 1, { endUser: { session: "a" } })).toMatch(/\(end_user.session; PINs: 3\/1h\)$/);

    expect(await startAgain(the, 1, { endUser: { ip: "198.51.100.7" } })).toMatch(/^sms/);
  });

  it("can't be kept away by starts that send nothing: those have a cap of their own", async () => {
    const the = limitsScene();
    the.answer("totp");
    const totp = { method: AuthMethod.TOTP };
    const answers: string[] = [];
    for (let start = 0; start < 30; start += 1) {
      answers.push(await the.initiate(totp));
    }
    expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => "totp, again after 0 s"));
    expect(answers[20]).toMatch(/^send-limit, again after 3600 s \(user:u; starts by TOTP: 20\/1h\)$/);
    expect(the.asked).toHaveLength(20);
    the.answer("sms");

    expect(await the.initiate()).toBe("sms, again after 30 s");
    the.clock.advance(hourMs + 20);
    expect(await the.initiate(totp)).toMatch(/^sms/);
  });

  it("by TOTP leave a victim some, whatever a stranger does", async () => {
    const the = limitsScene();
    the.answer("totp");
    for (let start = 0; start < 30; start += 1) {
      await the.initiate({ method: AuthMethod.TOTP, endUser: { ip: "192.0.2.1" } });
    }
    expect(the.asked).toHaveLength(10);

    expect(await the.initiate({ method: AuthMethod.TOTP, endUser: { ip: "198.51.100.7" } })).toMatch(/^totp/);
  });

  it("are told to wait shortly while a start under way may send nothing", async () => {
    const the = limitsScene();
    const ends = Promise.withResolvers<ProviderAnswer>();
    the.answer(() => ends.promise);
    const first = the.initiate({ method: AuthMethod.TOTP });
    expect(await the.initiate()).toBe("send-cooldown, again after 1 s (user:u; PINs: 1/30s)");
    ends.resolve("sms");
    await first;

    expect(await the.initiate()).toBe("send-cooldown, again after 30 s (user:u; PINs: 1/30s)");
  });

  it("have a cool-down that is the user's, whoever starts them", async () => {
    const the = limitsScene();
    await the.initiate({ endUser: { ip: "192.0.2.1" } });

    expect(await the.initiate({ endUser: { ip: "192.0.2.1" } })).toMatch(/^send-cooldown, again after 30 s \(user:u;/);
  });

  it.each([
    ["cool-down", { VERIGATE_LIMIT_SEND_COOLDOWN: "0" }, "sms, again after 0 s"],
    ["cap", { VERIGATE_LIMIT_SENDS: "0" }, "sms, again after 30 s"],
    ["limit", { VERIGATE_LIMIT_SEND_COOLDOWN: "0", VERIGATE_LIMIT_SENDS: "0" }, "sms"],
  ])("have no %s where that is 0", async (_, env, answer) => {
    const the = limitsScene({ env });

    expect(await the.initiate()).toBe(answer);
  });

  it("are counted but not refused by a shadow, which callers are told nothing of", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SHADOW: "send_cooldown, sends" } });
    expect(await the.initiate()).toBe("sms");
    expect(the.decisions()).toEqual(["send_cooldown allowed", "sends allowed", "pumping allowed"]);
    for (let start = 0; start < 4; start += 1) {
      await the.initiate();
    }
    the.decisions();

    expect(await the.initiate()).toBe("sms");
    expect(the.decisions()).toEqual(["send_cooldown shadow_denied", "sends shadow_denied", "pumping allowed"]);
  });

  it("may have a shadow beside a limit that refuses", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SHADOW: "send_cooldown" } });
    for (let start = 0; start < 5; start += 1) {
      expect(await the.initiate()).toMatch(/^sms/);
    }
    the.decisions();

    expect(await the.initiate()).toMatch(/^send-limit/);
    expect(the.decisions()).toEqual(["send_cooldown shadow_denied", "sends denied"]);
  });

  it("are told of by every limit that is for a start, one decision each, whichever refuses it", async () => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SERVICE_SENDS: "9" } });
    await the.initiate();
    the.decisions();
    await the.initiate();

    expect(the.decisions()).toEqual(["send_cooldown denied", "sends allowed", "service_sends allowed"]);
  });
});

describe("test numbers", () => {
  const env = { VERIGATE_TEST_NUMBERS: "+37255555555@2024-01-02" };

  it("have neither cool-down nor cap until their last day is over", async () => {
    const the = limitsScene({ env });
    await the.createUser();
    for (let start = 0; start < 10; start += 1) {
      expect(await the.initiate()).toBe("sms");
    }
    the.clock.advance(48 * hourMs - 1);
    expect([await the.initiate(), await the.initiate()]).toEqual(["sms", "sms"]);
    the.clock.advance(1);

    expect(await the.initiate()).toBe("sms, again after 30 s");
    expect(await the.initiate()).toMatch(/^send-cooldown/);
  });

  it("have every other limit", async () => {
    const the = limitsScene({ env: { ...env, VERIGATE_LIMIT_SERVICE_SENDS: "3" } });
    await the.createUser();
    expect([await the.initiate(), await the.initiate()]).toEqual(["sms, again after 0 s", "sms, again after 0 s"]);
    expect(await the.initiate()).toMatch(/^sms, again after 8\d{4} s/);

    expect(await the.initiate()).toMatch(/^service-send-limit/);
  });

  it("have no cap over all services together, and are known in whatever way they are spelled", async () => {
    const the = limitsScene({ env: { VERIGATE_TEST_NUMBERS: "+447911123456@2024-01-02" } });
    for (let service = 0; service < 12; service += 1) {
      await the.createUser({ serviceId: `service ${service}`, phoneNumber: "+4407911123456" });
      expect(await the.initiate({ serviceId: `service ${service}` })).toBe("sms");
    }
  });

  it("of another user change nothing", async () => {
    const the = limitsScene({ env });
    await the.createUser({ phoneNumber: latvian });
    await the.initiate();

    expect(await the.initiate()).toMatch(/^send-cooldown/);
  });

  it("that have expired are told of at the start, without the number", () => {
    const expired = limitsScene({ env: { VERIGATE_TEST_NUMBERS: "+37255555555@2023-12-31,+37255555556@2024-01-01" } });

    expect(expired.lines).toEqual(["warn: a test number has expired: it is limited like any other"]);
  });
});

describe("PINs that are sent for a service", () => {
  const env = { VERIGATE_LIMIT_SERVICE_SENDS: "10" };
  const startsOf = async (the: LimitsScene, count: number, from = 0) => {
    let last = "";
    for (let index = from; index < from + count; index += 1) {
      last = await the.initiate({ userId: `user ${index}` });
    }
    return last;
  };

  it("are no more than the limit in any 24 hours, and those of another service count apart", async () => {
    const the = limitsScene({ env });
    expect(await startsOf(the, 10)).toMatch(/^sms/);
    expect(await startsOf(the, 1, 10)).toMatch(/^service-send-limit, again after \d+ s \(service:s; PINs: 10\/24h\)$/);
    expect(await the.initiate({ serviceId: "other" })).toMatch(/^sms/);
    the.clock.advance(24 * hourMs - 1);
    expect(await startsOf(the, 1, 11)).toMatch(/^service-send-limit/);
    the.clock.advance(hourMs);

    expect(await startsOf(the, 1, 12)).toMatch(/^sms/);
  });

  it("tell when they reach half, four fifths and all of the limit", async () => {
    const the = limitsScene({ env });
    const heardAfter = async (count: number, from: number) => {
      await startsOf(the, count, from);
      return [...the.heard];
    };
    expect(await heardAfter(4, 0)).toEqual([]);
    expect(await heardAfter(1, 4)).toEqual(["s reached 50 %"]);
    expect(await heardAfter(3, 5)).toEqual(["s reached 50 %", "s reached 80 %"]);
    expect(await heardAfter(4, 8)).toEqual(["s reached 50 %", "s reached 80 %", "s reached 100 %"]);
  });

  it("do not count where nothing was sent", async () => {
    const the = limitsScene({ env });
    the.answer("totp");
    await startsOf(the, 30);
    the.answer("sms");

    expect(await startsOf(the, 10, 30)).toMatch(/^sms/);
  });
});

describe("pumping", () => {
  const env = { VERIGATE_PUMPING: "enforce" };

  /** Registers as many users of a country, and starts an authentication for each. */
  async function pump(the: LimitsScene, count: number, phonePrefix = "+37255", from = 0): Promise<string> {
    let last = "";
    the.answer("sms");
    for (let index = from; index < from + count; index += 1) {
      const idInService = `${phonePrefix} ${index}`;
      await the.createUser({ idInService, phoneNumber: `${phonePrefix}${100_000 + index}` });
      last = await the.initiate({ userId: idInService });
    }
    return last;
  }

  async function use(the: LimitsScene, count: number, phonePrefix = "+37255"): Promise<void> {
    the.answer("right");
    for (let index = 0; index < count; index += 1) {
      await the.verify({ userId: `${phonePrefix} ${index}` });
    }
  }

  it("is refused after fifty PINs to a country of which none was used, and only there", async () => {
    const the = limitsScene({ env });
    expect(await pump(the, 50)).toMatch(/^sms/);
    expect(await pump(the, 1, "+37255", 50)).toMatch(/^pumping-suspected, again after 300 s \(country:EE; /);
    expect(await pump(the, 1, "+3712123")).toMatch(/^sms/);
    expect(await the.initiate({ serviceId: "other" })).toMatch(/^sms/);
    expect(the.heard).toEqual(["pumping EE"]);
    expect(the.asked.filter((method) => method === "InitiateAuth")).toHaveLength(52);
    the.clock.advance(2 * hourMs);

    expect(await pump(the, 1, "+37255", 51)).toMatch(/^sms/);
  });

  it("leaves no place taken by what it refuses", async () => {
    const the = limitsScene({ env });
    await pump(the, 51);
    await use(the, 5);
    the.answer("sms");

    expect(await the.initiate({ userId: "+37255 50" })).toMatch(/^sms/);
  });

  it("is not suspected where one PIN in ten is used", async () => {
    const the = limitsScene({ env });
    await pump(the, 49);
    await use(the, 5);

    expect(await pump(the, 1, "+37255", 49)).toMatch(/^sms/);
    expect(await pump(the, 1, "+37255", 50)).toMatch(/^sms/);
    expect(await pump(the, 1, "+37255", 51)).toMatch(/^pumping-suspected/);
  });

  it("of users that were made elsewhere is that of one more country", async () => {
    const the = limitsScene({ env });
    for (let index = 0; index < 51; index += 1) {
      await the.initiate({ userId: `stranger ${index}` });
    }

    expect(the.heard).toEqual(["pumping unknown"]);
    expect(the.decisions().at(-1)).toBe("pumping denied");
  });

  it.each([
    ["record", {}, ["pumping shadow_denied"]],
    [
      "record, because it is a shadow",
      { VERIGATE_PUMPING: "enforce", VERIGATE_LIMIT_SHADOW: "pumping" },
      ["pumping shadow_denied"],
    ],
    ["off", { VERIGATE_PUMPING: "off" }, []],
  ])("is refused by nothing where it is %s", async (_, given, decisions) => {
    const the = limitsScene({ env: { VERIGATE_LIMIT_SEND_COOLDOWN: "0", VERIGATE_LIMIT_SENDS: "0", ...given } });
    await pump(the, 50);
    the.decisions();

    expect(await pump(the, 1, "+37255", 50)).toMatch(/^sms/);
    expect(the.decisions()).toEqual(decisions);
  });

  it("is not suspected for starts that send nothing", async () => {
    const the = limitsScene({ env });
    the.answer("totp");
    for (let index = 0; index < 60; index += 1) {
      await the.initiate({ userId: `user ${index}` });
    }

    expect(the.heard).toEqual([]);
  });
});

it("a start that is refused says in its details which limit it was, and when to come again", async () => {
  const the = limitsScene();
  await the.initiate();
  const again = the.unary(AuthAPI.method.initiateAuth, { serviceId: "s", userId: "u", method: AuthMethod.SMS });

  expect(await the.faultOf(the.run(again))).toMatchObject({
    kind: "send-cooldown",
    retryAfterMs: 30_000,
    quota: { subject: "user:u", description: "PINs: 1/30s" },
  });
});
