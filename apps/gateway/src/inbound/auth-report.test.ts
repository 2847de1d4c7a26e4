import { create, type DescMethodUnary, type MessageInitShape } from "@bufbuild/protobuf";
import { type Call, createProgress, Fault, type FaultKind, type Progress } from "@verigate/call";
import { AuthAPI, AuthMethod, ThrottledBy, UserAPI, VerifyFailure } from "@verigate/contract";
import { expect, it } from "vitest";
import { authReport } from "./auth-report.ts";

const { initiateAuth, verifyPin } = AuthAPI.method;
const traceId = "0af7651916cd43dd8448eb211c80319c";
const initiation = { serviceId: "shop", userId: "anna", method: AuthMethod.TOTP };
const guess = { serviceId: "shop", userId: "anna", pin: "0123", method: AuthMethod.SMS };

/** What is told where an operation ends with `end`: a response, or the kind of a Fault. */
async function toldOf<Method extends DescMethodUnary>(
  method: Method,
  request: MessageInitShape<Method["input"]>,
  end: MessageInitShape<Method["output"]> | FaultKind,
  { isAtOnce = false, ...given }: Partial<Progress> & { readonly isAtOnce?: boolean } = {},
): Promise<unknown[]> {
  const told: unknown[] = [];
  const note = (what: string) => (how: unknown, more?: unknown) => {
    told.push(more === undefined ? [what, how] : [what, how, more]);
  };
  const layer = authReport({
    metrics: {
      authInitiated: note("initiated"),
      authInitiationFailed: note("not initiated"),
      pinChecked: note("checked"),
      authCompleted: note("completed"),
    },
    pending: {
      begin: ({ serviceId, userId }, label) => told.push(["begun", `${serviceId}/${userId}`, label]),
      complete: async ({ serviceId, userId }) => (`${serviceId}/${userId}` === "shop/anna" ? 12_500 : undefined),
    },
    serviceIds: ["shop"],
  });
  const handler = layer(() => {
    if (typeof end !== "string") {
      return Promise.resolve(create(method.output, end));
    }
    if (isAtOnce) {
      throw new Fault(end);
    }
    return Promise.reject(new Fault(end));
  });
  const call = { progress: { ...createProgress(), ...given } } as Call;
  const outcome = await handler({ call, method, message: create(method.input, request) }).then(
    () => "answered",
    (error) => error.kind,
  );
  expect(outcome).toBe(typeof end === "string" ? end : "answered");
  // What is told of how long it took does not hold up the answer.
  await new Promise((resolve) => setImmediate(resolve));
  return told;
}

it("an initiation is told by the method asked for and the one used, so that a fall-back shows", async () => {
  expect(await toldOf(initiateAuth, initiation, { method: AuthMethod.SMS })).toEqual([
    ["initiated", { serviceId: "shop", requested: "totp", used: "sms" }],
    ["begun", "shop/anna", { serviceId: "shop", method: "sms" }],
  ]);
});

it("of a service that is not told apart, the id is not even kept", async () => {
  expect(await toldOf(initiateAuth, { ...initiation, serviceId: "bank" }, { method: AuthMethod.TOTP })).toEqual([
    ["initiated", { serviceId: "other", requested: "totp", used: "totp" }],
    ["begun", "bank/anna", { serviceId: "other", method: "totp" }],
  ]);
});

it.each([
  ["user-not-found", "USER_NOT_FOUND"],
  ["overloaded", "OVERLOADED"],
  ["outcome-unknown", "OUTCOME_UNKNOWN"],
] as const)("an initiation that ends as %s is told as %s", async (kind, reason) => {
  expect(await toldOf(initiateAuth, initiation, kind)).toEqual([["not initiated", "shop", reason]]);
});

it("a right PIN is told, and how long after the initiation it came", async () => {
  expect(await toldOf(verifyPin, guess, { verified: true, method: AuthMethod.SMS })).toEqual([
    ["checked", { serviceId: "shop", method: "sms", outcome: "verified" }],
    ["completed", { method: "sms", ms: 12_500, traceId: undefined }],
  ]);
});

it("a success is told with its trace where that is recorded, and only there", async () => {
  const right = { verified: true, method: AuthMethod.TOTP };
  const recorded = await toldOf(verifyPin, guess, right, { traceId, isTraceSampled: true });
  expect(recorded[1]).toEqual(["completed", { method: "totp", ms: 12_500, traceId }]);
  const dropped = await toldOf(verifyPin, guess, right, { traceId, isTraceSampled: false });
  expect(dropped[1]).toEqual(["completed", { method: "totp", ms: 12_500, traceId: undefined }]);
});

it("a success of which nobody knows the initiation has no time", async () => {
  const told = await toldOf(verifyPin, { ...guess, userId: "bert" }, { verified: true, method: AuthMethod.SMS });
  expect(told).toEqual([["checked", { serviceId: "shop", method: "sms", outcome: "verified" }]]);
});

it.each([
  [VerifyFailure.INVALID, ThrottledBy.UNSPECIFIED, "invalid"],
  [VerifyFailure.EXPIRED, ThrottledBy.UNSPECIFIED, "expired"],
  [VerifyFailure.THROTTLED, ThrottledBy.UPSTREAM, "throttled"],
  [VerifyFailure.THROTTLED, ThrottledBy.GATEWAY, "throttled"],
] as const)(
  "a PIN that is refused (failure %i, throttled by %i) is told as %s",
  async (failure, throttledBy, outcome) => {
    const answer = { verified: false, method: AuthMethod.TOTP, failure, throttledBy };
    expect(await toldOf(verifyPin, guess, answer)).toEqual([
      ["checked", { serviceId: "shop", method: "totp", outcome }],
    ]);
  },
);

it("where the answer names no method, the request's counts", async () => {
  const throttled = { verified: false, failure: VerifyFailure.THROTTLED, throttledBy: ThrottledBy.GATEWAY };
  expect(await toldOf(verifyPin, guess, throttled)).toEqual([
    ["checked", { serviceId: "shop", method: "sms", outcome: "throttled" }],
  ]);
});

it.each([
  "outcome-unknown",
  "upstream-circuit-open",
  "verification-not-found",
  "upstream-credentials-rejected",
] as const)("a check that ends as %s is told as an error", async (kind) => {
  expect(await toldOf(verifyPin, { ...guess, method: AuthMethod.UNSPECIFIED }, kind)).toEqual([
    ["checked", { serviceId: "shop", method: "unknown", outcome: "error" }],
  ]);
});

it.each(["upstream-rejected", "invalid-request", "cancelled"] as const)(
  "a check that ends as %s is not",
  async (kind) => {
    expect(await toldOf(verifyPin, guess, kind)).toEqual([]);
  },
);

it("of other calls nothing is told", async () => {
  expect(await toldOf(UserAPI.method.getUser, { serviceId: "shop", userId: "anna" }, {})).toEqual([]);
});

it("a check that is refused at once, as where the memory for limits is full, is an error like one that is refused later", async () => {
  const later = await toldOf(verifyPin, guess, "store-unavailable");
  expect(later).toEqual([["checked", { serviceId: "shop", method: "sms", outcome: "error" }]]);
  expect(await toldOf(verifyPin, guess, "store-unavailable", { isAtOnce: true })).toEqual(later);
});
