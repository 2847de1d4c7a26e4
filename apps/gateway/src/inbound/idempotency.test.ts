import { create, type DescMethodUnary, type Message, type MessageInitShape } from "@bufbuild/protobuf";
import { type Call, createProgress, Fault, type FaultKind } from "@verigate/call";
import { callOf, createTestClock } from "@verigate/call/testing";
import { AuthAPI, AuthMethod, CreateUserResponseSchema, InitiateAuthResponseSchema, UserAPI } from "@verigate/contract";
import type { UnaryCall } from "@verigate/rpc-server";
import { expect, it } from "vitest";
import type { HashKeys } from "../keyed-hash.ts";
import type { ClaimStore } from "../store/claim-store.ts";
import { createMemoryClaimStore } from "../store/memory-claim-store.ts";
import { createStoreOutage } from "../store/store-outage.ts";
import { createIdempotency, type IdempotencyOptions } from "./idempotency.ts";

const requestId = "6b1d9f0e-0000-4000-8000-00000000000a";
const { initiateAuth, verifyPin } = AuthAPI.method;
const { createUser, deleteUser } = UserAPI.method;
const initiation = { serviceId: "s", userId: "u", method: AuthMethod.SMS, requestId };
const guess = { serviceId: "s", userId: "u", pin: "0123", requestId };
const sentSms = create(InitiateAuthResponseSchema, { method: AuthMethod.SMS, authId: "a1" });
const unsafeAttemptTimeoutMs = 15_000;
const deadlineMs = 10_000;
/** From the claim of a call that has all of its time left. */
const leaseMs = deadlineMs + unsafeAttemptTimeoutMs + 5_000;
const hourMs = 3_600_000;

interface SceneOptions {
  readonly store?: (real: ClaimStore) => ClaimStore;
  readonly onStoreFailure?: "reject" | "allow";
}

/** The layer over an operation that ends when, and as, the test says. */
function scene({ store: wrap = (real) => real, onStoreFailure = "reject" }: SceneOptions = {}) {
  const clock = createTestClock();
  const real = createMemoryClaimStore({ clock, bytesMax: 1_000_000 });
  const lines: string[] = [];
  const open: { readonly call: Call; answer(response: Message): void; fail(fault: unknown): void }[] = [];
  const found: string[] = [];
  let started = 0;
  const layerWith = (hashKeys: HashKeys, onRepeat?: IdempotencyOptions["onRepeat"]) =>
    createIdempotency({
      clock,
      store: wrap(real),
      outage: createStoreOutage({ log: (level, message) => lines.push(`${level}: ${message}`) }, onStoreFailure),
      onStoreFailure,
      hashKeys,
      unsafeAttemptTimeoutMs,
      repairMsMax: 0,
      ...(onRepeat === undefined ? {} : { onRepeat }),
      onLookup: ({ name }, what) => found.push(`${name} ${what}`),
    });
  const idempotency = layerWith([Buffer.alloc(32, 1)]);
  const operation = ({ call }: UnaryCall) =>
    new Promise<Message>((answer, fail) => {
      started += 1;
      open.push({ call, answer, fail });
    });
  const handler = idempotency.layer(operation);

  return {
    clock,
    real,
    lines,
    found,
    open,
    idempotency,
    operation,
    layerWith,
    started: () => started,
    /** A call, how it ended so far, and its progress. */
    start<Method extends DescMethodUnary>(
      method: Method,
      request: MessageInitShape<Method["input"]>,
      handle = handler,
    ) {
      const nowMs = clock.nowMs();
      const call = callOf({
        startedAtMs: nowMs,
        progress: { ...createProgress(), deadlineAtMs: nowMs + deadlineMs },
      });
      const seen: { outcome: unknown } = { outcome: "none yet" };
      const message = create(method.input, request);
      const ended = handle({ call, method, message }).then(
        (response) => {
          seen.outcome = response;
        },
        (error) => {
          seen.outcome = error instanceof Fault ? error.kind : error;
        },
      );
      return { call, seen, ended, message };
    },
  };
}

type Scene = ReturnType<typeof scene>;

/** Lets everything happen that waits for no timer and no operation. */
const settle = () => new Promise((resolve) => setImmediate(resolve));

/** Lets time pass in small steps, so that who waits can look again and again. */
async function pass({ clock }: Scene, ms: number): Promise<void> {
  await settle();
  for (let left = ms; left > 0; left -= 250) {
    clock.advance(Math.min(left, 250));
    await settle();
  }
}

/** What a call that comes now ends with, by itself. */
async function repeatOf(the: Scene, request: Partial<typeof initiation> = {}): Promise<unknown> {
  const { seen, ended } = the.start(initiateAuth, { ...initiation, ...request });
  await pass(the, 250);
  await ended;
  return seen.outcome;
}

/** Runs the first call to the end that `fault` is; `isSent` as the exchange would have told. */
async function failFirst(the: Scene, fault: unknown, isSent: boolean): Promise<unknown> {
  const first = the.start(initiateAuth, initiation);
  await settle();
  first.call.progress.isOutcomeOpen = isSent;
  the.open[0]?.fail(fault);
  await first.ended;
  return first.seen.outcome;
}

function brokenStore(broken: ReadonlySet<keyof ClaimStore>): (real: ClaimStore) => ClaimStore {
  const guard =
    <Args extends unknown[], Result>(name: keyof ClaimStore, method: (...args: Args) => Promise<Result>) =>
    async (...args: Args) => {
      if (broken.has(name)) {
        throw new Error("the store is down");
      }
      return method(...args);
    };
  return (real) => ({
    ...real,
    claim: guard("claim", real.claim),
    settle: guard("settle", real.settle),
    release: guard("release", real.release),
  });
}

it("a repeat gets the recorded answer, marked as such, and nothing runs again", async () => {
  const the = scene();
  const first = the.start(initiateAuth, initiation);
  await settle();
  the.open[0]?.answer(sentSms);
  await first.ended;

  expect(first.seen.outcome).toEqual(sentSms);
  expect(await repeatOf(the)).toEqual({ ...sentSms, replayed: true });
  expect(await repeatOf(the, { requestId: requestId.toUpperCase() })).toEqual({ ...sentSms, replayed: true });
  expect(the.started()).toBe(1);
});

it("a call without a request_id runs each time", async () => {
  const the = scene();
  the.start(initiateAuth, { ...initiation, requestId: "" });
  the.start(initiateAuth, { ...initiation, requestId: "" });
  await settle();

  expect(the.started()).toBe(2);
});

it("the claim is written before the operation starts", async () => {
  const claimed: boolean[] = [];
  let hasClaimed = false;
  const the = scene({
    store: (real) => ({
      ...real,
      async claim(...args) {
        await settle();
        hasClaimed = true;
        return real.claim(...args);
      },
    }),
  });
  the.start(
    initiateAuth,
    initiation,
    the.idempotency.layer(async () => {
      claimed.push(hasClaimed);
      return sentSms;
    }),
  );
  await settle();
  await settle();

  expect(claimed).toEqual([true]);
});

it("the operation's outcome is recorded after the caller has left", async () => {
  const the = scene();
  const first = the.start(initiateAuth, initiation);
  await settle();
  first.call.progress.isAbandoned = true;
  the.open[0]?.answer(sentSms);
  await first.ended;

  expect(await repeatOf(the)).toEqual({ ...sentSms, replayed: true });
});

it("the end of all that runs can be waited for, its record included", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await settle();
  let isIdle = false;
  const idle = the.idempotency.idle().then(() => {
    isIdle = true;
  });
  await settle();
  expect(isIdle).toBe(false);
  the.open[0]?.answer(sentSms);
  await idle;

  expect(await repeatOf(the)).toEqual({ ...sentSms, replayed: true });
});

it("a twin waits for the first one, and gets its answer", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await settle();
  const twin = the.start(initiateAuth, initiation);
  await pass(the, 5_000);
  expect(twin.seen.outcome).toBe("none yet");
  the.open[0]?.answer(sentSms);
  await pass(the, 250);

  expect(twin.seen.outcome).toEqual({ ...sentSms, replayed: true });
  expect(the.started()).toBe(1);
});

it("a twin runs itself when the first one released its claim, and one of two does", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await settle();
  const twins = [the.start(initiateAuth, initiation), the.start(initiateAuth, initiation)];
  await settle();
  the.open[0]?.fail(new Fault("upstream-unreachable"));
  await pass(the, 500);
  expect(the.started()).toBe(2);
  the.open[1]?.answer(sentSms);
  await pass(the, 250);

  expect(twins.map(({ seen }) => seen.outcome)).toContainEqual(sentSms);
  expect(twins.map(({ seen }) => seen.outcome)).toContainEqual({ ...sentSms, replayed: true });
});

it("a twin whose caller was answered stops waiting, and does not run", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await settle();
  const twin = the.start(initiateAuth, initiation);
  await settle();
  twin.call.progress.isAbandoned = true;
  the.open[0]?.fail(new Fault("upstream-unreachable"));
  await pass(the, 500);

  expect(twin.seen.outcome).toBe("cancelled");
  expect(the.started()).toBe(1);
  expect(the.clock.pendingTimers()).toBe(0);
});

it("to whoever waits for an unsafe call the outcome is open, and to nobody else", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  the.start(deleteUser, { serviceId: "s", userId: "u", requestId });
  await settle();
  const unsafe = the.start(initiateAuth, initiation);
  const safe = the.start(deleteUser, { serviceId: "s", userId: "u", requestId });
  await settle();
  expect([unsafe.call.progress.isOutcomeOpen, safe.call.progress.isOutcomeOpen]).toEqual([true, false]);
  the.open[0]?.fail(new Fault("upstream-unreachable"));
  await pass(the, 250);

  expect(the.started()).toBe(3);
  expect(unsafe.call.progress.isOutcomeOpen).toBe(false);
});

it("a repeat of a delete whose answer was lost runs, and knows that it may have been carried out", async () => {
  const the = scene();
  const deletion = { serviceId: "s", userId: "u", requestId };
  const first = the.start(deleteUser, deletion);
  await settle();
  first.call.progress.isAnswerLost = true;
  the.open[0]?.fail(new Fault("upstream-failed"));
  await settle();
  const repeat = the.start(deleteUser, deletion);
  await settle();

  expect(first.seen.outcome).toBe("upstream-failed");
  expect(the.started()).toBe(2);
  expect(repeat.call.progress.isAnswerLost).toBe(true);
});

it.each([
  ["another user", { userId: "other" }],
  ["another service", { serviceId: "other" }],
  ["another method", { method: AuthMethod.TOTP }],
])("the same request_id for %s is refused, while the first one runs and after it", async (_, other) => {
  const the = scene();
  const first = the.start(initiateAuth, initiation);
  await settle();
  expect(await repeatOf(the, other)).toBe("request-id-reused");
  the.open[0]?.answer(sentSms);
  await first.ended;

  expect(await repeatOf(the, other)).toBe("request-id-reused");
  expect(the.started()).toBe(1);
});

it("who tries what was asked under a request_id hears nothing after five tries, not of the right one either", async () => {
  const the = scene();
  const user = { serviceId: "s", idInService: "anna", requestId };
  const first = the.start(createUser, { ...user, phoneNumber: "+372555000" });
  await settle();
  the.open[0]?.answer(create(CreateUserResponseSchema, { user: { id: "u1" } }));
  await first.ended;
  const outcomes: unknown[] = [];
  for (const digit of [1, 2, 3, 4, 5, 6, 0]) {
    const { seen, ended } = the.start(createUser, { ...user, phoneNumber: `+37255500${digit}` });
    await ended;
    outcomes.push(seen.outcome);
  }

  expect(outcomes).toEqual([...new Array(5).fill("request-id-reused"), "caller-rate-limited", "caller-rate-limited"]);
  expect(the.started()).toBe(1);
});

it("the same request_id of another RPC is another one", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  the.start(verifyPin, guess);
  await settle();

  expect(the.started()).toBe(2);
});

it.each([
  ["InitiateAuth", initiateAuth, initiation, 24 * hourMs],
  ["VerifyPin", verifyPin, guess, hourMs / 6],
] as const)("%s is protected for its window, and no longer", async (_, method, request, windowMs) => {
  const the = scene();
  const first = the.start(method, request);
  await settle();
  the.open[0]?.answer(create(method.output, {}));
  await first.ended;
  the.clock.advance(windowMs - 1);
  await the.start(method, request).ended;
  expect(the.started()).toBe(1);
  the.clock.advance(1);
  the.start(method, request);
  await settle();

  expect(the.started()).toBe(2);
});

it.each([
  "upstream-unreachable",
  "overloaded",
  "upstream-circuit-open",
  "upstream-rate-limited",
  "upstream-credentials-rejected",
  "upstream-forbidden",
] as const)("after %s a repeat runs", async (kind) => {
  const the = scene();
  expect(await failFirst(the, new Fault(kind), kind !== "upstream-unreachable")).toBe(kind);
  the.start(initiateAuth, initiation);
  await settle();

  expect(the.started()).toBe(2);
});

it.each([
  [new Fault("user-not-found"), "user-not-found", "user-not-found"],
  [new Fault("outcome-unknown"), "outcome-unknown", "outcome-unknown"],
  [new Fault("upstream-bad-response"), "upstream-bad-response", "upstream-bad-response"],
  // What the caller was told is true of it, but a repeat needs to know more.
  [new Fault("deadline-exceeded"), "deadline-exceeded", "outcome-unknown"],
  [new TypeError("a bug"), "gateway-bug", "outcome-unknown"],
])("after %s of a request that was sent, the caller sees %s and a repeat %s", async (error, seen, repeated) => {
  const the = scene();

  expect(await failFirst(the, error, true)).toBe(seen);
  expect(await repeatOf(the)).toBe(repeated);
  expect(the.started()).toBe(1);
});

it("a claim that nobody ended within its lease is an unknown outcome for ever, however late its end comes", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await settle();
  the.clock.advance(leaseMs - 1);
  const early = the.start(initiateAuth, initiation);
  await settle();
  expect(early.seen.outcome).toBe("none yet");
  await pass(the, 250);
  expect(early.seen.outcome).toBe("outcome-unknown");
  the.open[0]?.fail(new Fault("upstream-unreachable"));
  await settle();

  expect(await repeatOf(the)).toBe("outcome-unknown");
  expect(the.started()).toBe(1);
});

it.each(["{}", "", "of another version"])(
  "a record that can't be read (%j) is an unknown outcome, and nothing runs",
  async (record) => {
    const the = scene({ store: (real) => ({ ...real, settle: (claim) => real.settle(claim, record) }) });
    const first = the.start(initiateAuth, initiation);
    await settle();
    the.open[0]?.answer(sentSms);
    await first.ended;

    expect(await repeatOf(the)).toBe("outcome-unknown");
    expect(the.started()).toBe(1);
  },
);

it("while the store is down, a call with a request_id is refused before anything runs, one without goes on", async () => {
  const broken = new Set<keyof ClaimStore>(["claim"]);
  const the = scene({ store: brokenStore(broken) });

  expect(await repeatOf(the)).toBe("store-unavailable");
  expect(await repeatOf(the)).toBe("store-unavailable");
  expect(the.started()).toBe(0);
  the.start(initiateAuth, { ...initiation, requestId: "" });
  await settle();
  expect(the.started()).toBe(1);
  broken.clear();
  the.start(initiateAuth, initiation);
  await settle();
  expect(the.started()).toBe(2);
  expect(the.lines).toEqual([
    "warn: the store is down: calls with a request_id, and those that limits count, are refused",
    "info: the store is back",
  ]);
});

it("a claim that was written although the store seemed down is taken back", async () => {
  let isDeaf = true;
  const the = scene({
    store: (real) => ({
      ...real,
      async claim(...args) {
        const result = await real.claim(...args);
        if (isDeaf) {
          throw new Error("no answer came");
        }
        return result;
      },
    }),
  });
  expect(await repeatOf(the)).toBe("store-unavailable");
  isDeaf = false;
  the.start(initiateAuth, initiation);
  await settle();

  expect(the.started()).toBe(1);
});

it("where that is allowed, calls run unprotected while the store is down, which is said once per outage", async () => {
  const broken = new Set<keyof ClaimStore>(["claim", "settle", "release"]);
  const the = scene({ store: brokenStore(broken), onStoreFailure: "allow" });
  for (const index of [0, 1]) {
    const { seen, ended } = the.start(initiateAuth, initiation);
    await settle();
    the.open[index]?.answer(sentSms);
    await ended;
    expect(seen.outcome).toEqual(sentSms);
  }

  expect(the.lines).toEqual([
    "warn: the store is down: calls with a request_id, and those that limits count, run unprotected",
  ]);
});

it("a caller is told to repeat only where a claim stands in the store", async () => {
  const broken = new Set<keyof ClaimStore>(["claim"]);
  const the = scene({ store: brokenStore(broken), onStoreFailure: "allow" });
  the.start(initiateAuth, initiation);
  await settle();
  expect(the.open[0]?.call.progress.isRepeatable).toBe(false);

  broken.clear();
  the.start(initiateAuth, initiation);
  await settle();
  expect(the.open[1]?.call.progress.isRepeatable).toBe(true);
});

it("what ran unprotected is recorded where the store is back by then", async () => {
  const broken = new Set<keyof ClaimStore>(["claim"]);
  const the = scene({ store: brokenStore(broken), onStoreFailure: "allow" });
  const first = the.start(initiateAuth, initiation);
  await settle();
  broken.clear();
  the.open[0]?.answer(sentSms);
  await first.ended;

  expect(await repeatOf(the)).toEqual({ ...sentSms, replayed: true });
});

it.each(["reject", "allow"] as const)(
  "a twin that waits when the store goes down goes on waiting (%s)",
  async (onStoreFailure) => {
    const broken = new Set<keyof ClaimStore>();
    const the = scene({ store: brokenStore(broken), onStoreFailure });
    the.start(initiateAuth, initiation);
    await settle();
    const twin = the.start(initiateAuth, initiation);
    await settle();
    broken.add("claim");
    await pass(the, 2_000);
    expect(twin.seen.outcome).toBe("none yet");
    expect(twin.call.progress.isOutcomeOpen).toBe(true);
    broken.clear();
    the.open[0]?.answer(sentSms);
    await pass(the, 250);

    expect(twin.seen.outcome).toEqual({ ...sentSms, replayed: true });
    expect(the.started()).toBe(1);
  },
);

it("the caller gets the true answer where it can't be recorded, and a repeat an unknown outcome after the lease", async () => {
  const broken = new Set<keyof ClaimStore>(["settle"]);
  const the = scene({ store: brokenStore(broken) });
  const first = the.start(initiateAuth, initiation);
  await settle();
  the.open[0]?.answer(sentSms);
  await first.ended;
  expect(first.seen.outcome).toEqual(sentSms);
  the.clock.advance(leaseMs);

  expect(await repeatOf(the)).toBe("outcome-unknown");
  expect(the.started()).toBe(1);
});

it("a full store refuses a new request_id and says when to come again", async () => {
  const the = scene({ store: (real) => ({ ...real, claim: async () => ({ kind: "full" }) }) });
  const { call, message } = the.start(initiateAuth, initiation);
  const failure: unknown = await the.idempotency
    .layer(the.operation)({ call, method: initiateAuth, message })
    .catch((error: unknown) => error);

  expect(failure).toMatchObject({ kind: "store-unavailable" satisfies FaultKind, retryAfterMs: 1_000 });
  expect(the.started()).toBe(0);
});

it("a new hash key in front still finds what the old one wrote", async () => {
  const the = scene();
  const first = the.start(initiateAuth, initiation);
  await settle();
  the.open[0]?.answer(sentSms);
  await first.ended;
  const rotated = the.layerWith([Buffer.alloc(32, 2), Buffer.alloc(32, 1)]).layer(the.operation);
  const repeat = the.start(initiateAuth, initiation, rotated);
  await repeat.ended;

  expect(repeat.seen.outcome).toEqual({ ...sentSms, replayed: true });
});

it("neither a PIN nor a request_id reaches the store", async () => {
  const texts: string[] = [];
  const the = scene({
    store: (real) => ({
      ...real,
      claim(...args) {
        texts.push(JSON.stringify(args));
        return real.claim(...args);
      },
      settle(...args) {
        texts.push(JSON.stringify(args));
        return real.settle(...args);
      },
    }),
  });
  const first = the.start(verifyPin, { ...guess, pin: "8302746195" });
  await settle();
  the.open[0]?.answer(create(verifyPin.output, { verified: true }));
  await first.ended;

  expect(texts).toHaveLength(2);
  expect(texts.join()).not.toMatch(/8302746195|6b1d9f0e/);
});

it("says of each call what its request_id found: new, replayed, waited or reused", async () => {
  const the = scene();
  const first = the.start(initiateAuth, initiation);
  const twin = the.start(initiateAuth, initiation);
  await pass(the, 1_000);
  expect(the.found.splice(0)).toEqual(["InitiateAuth new"]);
  the.open[0]?.answer(sentSms);
  await pass(the, 1_000);
  await Promise.all([first.ended, twin.ended]);
  expect(the.found.splice(0)).toEqual(["InitiateAuth waited"]);
  await repeatOf(the);
  await repeatOf(the, { userId: "somebody else" });
  expect(the.found).toEqual(["InitiateAuth replayed", "InitiateAuth reused"]);
});

it("says that a twin waited whose caller left meanwhile", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  const twin = the.start(initiateAuth, initiation);
  await settle();
  twin.call.progress.isAbandoned = true;
  await pass(the, 250);
  await twin.ended;

  expect(the.found).toEqual(["InitiateAuth new", "InitiateAuth waited"]);
});

it("says of a claim that nobody ended that it lapsed", async () => {
  const the = scene();
  the.start(initiateAuth, initiation);
  await pass(the, leaseMs);
  await repeatOf(the);

  expect(the.found).toEqual(["InitiateAuth new", "InitiateAuth lapsed"]);
});

it.each(["reject", "allow"] as const)(
  "says once that the store is down, where that means to %s",
  async (onStoreFailure) => {
    const the = scene({ onStoreFailure, store: brokenStore(new Set(["claim"])) });
    the.start(initiateAuth, initiation);
    await settle();

    expect(the.found).toEqual(["InitiateAuth store_down"]);
  },
);

it("says that the store is full", async () => {
  const full: SceneOptions["store"] = (real) => ({ ...real, claim: async () => ({ kind: "full" }) });
  const the = scene({ store: full });
  await the.start(initiateAuth, initiation).ended;

  expect(the.found).toEqual(["InitiateAuth store_full"]);
});

it("says nothing of calls without a request_id", async () => {
  const the = scene();
  the.start(initiateAuth, { ...initiation, requestId: "" });
  await settle();

  expect([the.started(), the.found]).toEqual([1, []]);
});

it.each([
  ["the same", {}, true],
  ["another", { userId: "other" }, false],
])(
  "whoever repeats a request_id with %s payload can be answered otherwise before anything is told",
  async (_, other, isSame) => {
    const the = scene();
    const first = the.start(initiateAuth, initiation);
    await settle();
    the.open[0]?.answer(sentSms);
    await first.ended;
    const seen: unknown[] = [];
    const instead = create(InitiateAuthResponseSchema, { method: AuthMethod.TOTP });
    const guarded = the.layerWith([Buffer.alloc(32, 1)], async ({ message }, isSameHere) => {
      seen.push(message, isSameHere);
      return instead;
    });
    const repeat = the.start(initiateAuth, { ...initiation, ...other }, guarded.layer(the.operation));
    await repeat.ended;

    expect(repeat.seen.outcome).toEqual(instead);
    expect(seen).toEqual([repeat.message, isSame]);
    expect(the.started()).toBe(1);
  },
);

it("a request_id that nobody has used is asked about by nobody", async () => {
  const the = scene();
  const guarded = the.layerWith([Buffer.alloc(32, 1)], () => expect.unreachable("it was asked"));
  the.start(initiateAuth, initiation, guarded.layer(the.operation));
  await settle();

  expect(the.started()).toBe(1);
});
