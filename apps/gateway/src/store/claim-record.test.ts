import { create, type Message } from "@bufbuild/protobuf";
import { Fault, type FaultKind, faultOwners } from "@verigate/call";
import {
  AuthMethod,
  CreateUserResponseSchema,
  InitiateAuthResponseSchema,
  VerifyFailure,
  VerifyPinResponseSchema,
} from "@verigate/contract";
import { expect, it } from "vitest";
import { type Outcome, outcomeFromRecord, recordFromOutcome } from "./claim-record.ts";

const seconds = (amount: number) => ({ seconds: BigInt(amount), nanos: 0 });
const output = InitiateAuthResponseSchema;

function faultOf(outcome: Outcome): Fault {
  return "fault" in outcome ? outcome.fault : expect.unreachable("there is no fault");
}

function responseOf(outcome: Outcome): Message {
  return "response" in outcome ? outcome.response : expect.unreachable("there is no response");
}

it("a response comes back as it was, and says that it is replayed", () => {
  const response = create(output, { method: AuthMethod.TOTP, authId: "a1" });
  const outcome = outcomeFromRecord(output, recordFromOutcome(output, { response }), 0);

  expect(responseOf(outcome)).toEqual(create(output, { method: AuthMethod.TOTP, authId: "a1", replayed: true }));
});

it("a response that has no field to say so comes back as it was", () => {
  const response = create(CreateUserResponseSchema, { user: { id: "u1", idInService: "anna" } });
  const record = recordFromOutcome(CreateUserResponseSchema, { response });

  expect(responseOf(outcomeFromRecord(CreateUserResponseSchema, record, 0))).toEqual(response);
});

it.each([
  [0, seconds(30)],
  [10_000, seconds(20)],
  [29_500, { seconds: 0n, nanos: 500_000_000 }],
  [31_000, seconds(0)],
])("what was to be waited for 30 s is shorter after %i ms", (ageMs, left) => {
  const initiated = recordFromOutcome(output, { response: create(output, { resendAfter: seconds(30) }) });
  const refused = recordFromOutcome(VerifyPinResponseSchema, {
    response: create(VerifyPinResponseSchema, { failure: VerifyFailure.THROTTLED, retryAfter: seconds(30) }),
  });
  const failed = recordFromOutcome(output, { fault: new Fault("upstream-rejected", { retryAfterMs: 30_000 }) });

  expect(responseOf(outcomeFromRecord(output, initiated, ageMs))).toMatchObject({ resendAfter: left });
  expect(responseOf(outcomeFromRecord(VerifyPinResponseSchema, refused, ageMs))).toMatchObject({ retryAfter: left });
  expect(faultOf(outcomeFromRecord(output, failed, ageMs)).retryAfterMs).toBe(Math.max(0, 30_000 - ageMs));
});

it("a wait that was not known stays so", () => {
  const record = recordFromOutcome(output, { response: create(output, {}) });

  expect(responseOf(outcomeFromRecord(output, record, 1))).toEqual(create(output, { replayed: true }));
});

it.each(Object.keys(faultOwners) as FaultKind[])(
  "a fault of the kind %s comes back with all that callers see",
  (kind) => {
    const options = {
      publicMessage: "text",
      retryAfterMs: 5,
      violations: [{ field: "f", description: "d" }],
      resource: { type: "t", name: "n" },
    };
    const record = recordFromOutcome(output, { fault: new Fault(kind, { ...options, cause: new Error("internal") }) });
    const fault = faultOf(outcomeFromRecord(output, record, 0));

    expect(fault).toMatchObject({ kind, ...options });
    expect(record).not.toContain("internal");
  },
);

it.each([
  ["no record", undefined],
  ["no text of ours", "???"],
  ["another version", JSON.stringify({ version: 2, fault: { kind: "user-exists" } })],
  ["a kind of a newer version", JSON.stringify({ version: 1, fault: { kind: "moon-phase" } })],
  ["a kind that every object has", JSON.stringify({ version: 1, fault: { kind: "toString" } })],
  ["neither response nor fault", JSON.stringify({ version: 1 })],
  ["a response that is none", JSON.stringify({ version: 1, response: "/////w==" })],
  ["nothing but null", "null"],
])("%s counts as an unknown outcome", (_, record) => {
  expect(faultOf(outcomeFromRecord(output, record, 0)).kind).toBe("outcome-unknown");
});
