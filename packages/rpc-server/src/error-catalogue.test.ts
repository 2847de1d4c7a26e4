import { Code } from "@connectrpc/connect";
import { Fault, type FaultKind, faultOwners } from "@verigate/call";
import { ErrorInfoSchema, ErrorReason, errorDomain, NextStep } from "@verigate/contract";
import { expect, it } from "vitest";
import { connectErrorFromFault } from "./connect-error-from-fault.ts";
import { errorCatalogue } from "./error-catalogue.ts";

const kinds = Object.keys(faultOwners) as FaultKind[];

it.each(kinds)("%s carries exactly one ErrorInfo with a reason and a next step of the contract", (kind) => {
  const error = connectErrorFromFault(new Fault(kind, { cause: new Error("internal text") }));
  const infos = error.findDetails(ErrorInfoSchema);

  expect(infos).toHaveLength(1);
  expect(infos[0]?.domain).toBe(errorDomain);
  expect(ErrorReason).toHaveProperty(infos[0]?.reason ?? "");
  expect(NextStep).toHaveProperty(infos[0]?.metadata.next ?? "");
  expect(error.message).not.toContain("internal text");
});

it.each(["outcome-unknown", "outcome-unknown-at-deadline", "outcome-pending", "upstream-bad-response"] as const)(
  "%s is no status that libraries repeat by themselves",
  (kind) => {
    expect([Code.Unavailable, Code.Canceled, Code.ResourceExhausted, Code.Aborted]).not.toContain(
      errorCatalogue[kind].code,
    );
  },
);
