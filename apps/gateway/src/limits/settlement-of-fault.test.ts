import { createProgress, Fault, type FaultKind, faultOwners } from "@verigate/call";
import { expect, it } from "vitest";
import { recordedOutcome } from "../store/recorded-outcome.ts";
import { settlementOfFault } from "./settlement-of-fault.ts";

const unsent = createProgress();
const sent = { ...createProgress(), isOutcomeOpen: true };
const kinds = Object.keys(faultOwners) as FaultKind[];

it.each(kinds)("%s is never given back where a repeat would get an unknown outcome", (kind) => {
  const fault = new Fault(kind);
  for (const progress of [unsent, sent]) {
    const recorded = recordedOutcome({ fault }, progress);
    const isUnknown = recorded !== undefined && "fault" in recorded && recorded.fault.kind.startsWith("outcome-");
    expect([kind, isUnknown && settlementOfFault(fault, progress) === "give-back"]).toEqual([kind, false]);
  }
});

it.each(kinds.filter((kind) => recordedOutcome({ fault: new Fault(kind) }, sent) === undefined))(
  "%s is given back, as its repeat is carried out",
  (kind) => {
    expect(settlementOfFault(new Fault(kind), sent)).toBe("give-back");
  },
);
