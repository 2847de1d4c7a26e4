import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { createProgress, Fault, type FaultKind, faultOwners } from "@verigate/call";
import { ThrottledBy, VerifyFailure, VerifyPinResponseSchema } from "@verigate/contract";
import { errorCatalogue } from "@verigate/rpc-server";
import { expect, it } from "vitest";
import { recordedOutcome } from "./recorded-outcome.ts";

const unsent = createProgress();
const sent = { ...createProgress(), isOutcomeOpen: true };

function recordedKind(kind: FaultKind, progress = sent): FaultKind | undefined {
  const outcome = recordedOutcome({ fault: new Fault(kind) }, progress);
  return outcome !== undefined && "fault" in outcome ? outcome.fault.kind : undefined;
}

/** What a repeat finds after nothing unsafe was sent, and after something was; undefined where it runs. */
const table: Readonly<Record<FaultKind, readonly [FaultKind | undefined, FaultKind | undefined]>> = {
  "invalid-request": [undefined, undefined],
  "request-unsupported": [undefined, undefined],
  "compression-unnamed": [undefined, undefined],
  "request-id-reused": [undefined, undefined],
  "request-too-large": [undefined, undefined],
  "method-unknown": [undefined, undefined],
  "caller-unauthenticated": [undefined, undefined],
  "authentication-unavailable": [undefined, undefined],
  "caller-rate-limited": [undefined, undefined],
  "caller-not-allowed": [undefined, undefined],
  "country-not-allowed": [undefined, undefined],
  "send-cooldown": [undefined, undefined],
  "send-limit": [undefined, undefined],
  "service-send-limit": [undefined, undefined],
  "pumping-suspected": [undefined, undefined],
  cancelled: [undefined, "outcome-unknown"],
  "deadline-exceeded": [undefined, "outcome-unknown"],
  "service-not-found": ["service-not-found", "service-not-found"],
  "user-not-found": ["user-not-found", "user-not-found"],
  "verification-not-found": ["verification-not-found", "verification-not-found"],
  "service-exists": ["service-exists", "service-exists"],
  "user-exists": ["user-exists", "user-exists"],
  "service-not-empty": ["service-not-empty", "service-not-empty"],
  "upstream-rejected": ["upstream-rejected", "upstream-rejected"],
  "upstream-credentials-rejected": [undefined, undefined],
  "upstream-forbidden": [undefined, undefined],
  "upstream-rate-limited": [undefined, undefined],
  "gateway-bug": [undefined, "outcome-unknown"],
  "shutting-down": [undefined, "outcome-unknown"],
  overloaded: [undefined, undefined],
  "store-unavailable": [undefined, undefined],
  "upstream-circuit-open": [undefined, undefined],
  "upstream-unreachable": [undefined, undefined],
  "upstream-failed": [undefined, "outcome-unknown"],
  "upstream-bad-response": [undefined, "upstream-bad-response"],
  "outcome-unknown": ["outcome-unknown", "outcome-unknown"],
  "outcome-unknown-at-deadline": ["outcome-unknown-at-deadline", "outcome-unknown-at-deadline"],
  "outcome-pending": ["outcome-pending", "outcome-pending"],
};
const rows = (Object.keys(faultOwners) as FaultKind[]).map((kind) => [kind, ...table[kind]] as const);

it.each(rows)(
  "of %s a repeat finds %s when nothing unsafe was sent, and %s when something was",
  (kind, before, after) => {
    expect([recordedKind(kind, unsent), recordedKind(kind, sent)]).toEqual([before, after]);
  },
);

it.each(rows)("of %s of what is safe to repeat, after a lost answer, a repeat learns that it may be done", (kind) => {
  const lost = { ...createProgress(), isAnswerLost: true };
  const definite = table[kind][0];

  expect(recordedKind(kind, lost)).toBe(definite ?? "outcome-unknown");
});

it("what callers are told is safe to repeat is never found by the repeat", () => {
  const repeatable = rows.map(([kind]) => kind).filter((kind) => errorCatalogue[kind].code === Code.Unavailable);

  expect(repeatable.length).toBeGreaterThan(0);
  expect(repeatable.map((kind) => recordedKind(kind, unsent))).toEqual(repeatable.map(() => undefined));
});

it("every response is found again but the gateway's own refusal to look at a PIN", () => {
  const throttled = (throttledBy: ThrottledBy) => ({
    response: create(VerifyPinResponseSchema, { failure: VerifyFailure.THROTTLED, throttledBy }),
  });

  expect(recordedOutcome(throttled(ThrottledBy.UPSTREAM), sent)).toEqual(throttled(ThrottledBy.UPSTREAM));
  expect(recordedOutcome(throttled(ThrottledBy.GATEWAY), unsent)).toBeUndefined();
});
