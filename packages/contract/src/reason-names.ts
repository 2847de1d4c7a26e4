import { ErrorReason, NextStep } from "../gen/verigate/v1/error_pb.js";

/** The `domain` of every google.rpc.ErrorInfo that Verigate makes. */
export const errorDomain = "verigate";

/** A reason as it stands in an ErrorInfo: `OUTCOME_UNKNOWN`. */
export function nameOfReason(reason: ErrorReason): string {
  return ErrorReason[reason];
}

/** The inverse of {@link nameOfReason}; undefined for a name this version of the contract does not know. */
export function reasonFromName(name: string): ErrorReason | undefined {
  return numberOf(ErrorReason, name);
}

/** A next step as it stands in the metadata of an ErrorInfo: `START_AGAIN`. */
export function nameOfStep(step: NextStep): string {
  return NextStep[step];
}

/** The inverse of {@link nameOfStep}; undefined for a name this version of the contract does not know. */
export function stepFromName(name: string): NextStep | undefined {
  return numberOf(NextStep, name);
}

function numberOf<Value>(names: Record<string, Value | string>, name: string): Exclude<Value, string> | undefined {
  const value = Object.hasOwn(names, name) ? names[name] : undefined;
  return typeof value === "number" ? (value as Exclude<Value, string>) : undefined;
}
