import { type DescMessage, fromBinary, type Message, toBinary } from "@bufbuild/protobuf";
import { type ReflectMessage, reflect } from "@bufbuild/protobuf/reflect";
import { type Duration, DurationSchema, durationFromMs, durationMs } from "@bufbuild/protobuf/wkt";
import { Fault, type FaultOptions, faultOwners } from "@verigate/call";

/** How an operation ended. */
export type Outcome = { readonly response: Message } | { readonly fault: Fault };

/** Version 1 of what is recorded. What can't be read as such counts as an unknown outcome, never as absent. */
interface RecordV1 {
  readonly version: 1;
  /** The response in binary, in base64. */
  readonly response?: string;
  readonly fault?: Pick<Fault, "kind"> & Omit<FaultOptions, "cause">;
}

/** The text that stands for an outcome. The cause of a fault is not in it: it is for the log, and was logged. */
export function recordFromOutcome(output: DescMessage, outcome: Outcome): string {
  return JSON.stringify({ version: 1, ...contentOf(output, outcome) } satisfies RecordV1);
}

function contentOf(output: DescMessage, outcome: Outcome): Omit<RecordV1, "version"> {
  if ("response" in outcome) {
    return { response: Buffer.from(toBinary(output, outcome.response)).toString("base64") };
  }
  const { kind, publicMessage, retryAfterMs, violations, resource } = outcome.fault;
  return {
    fault: {
      kind,
      violations,
      ...(publicMessage === undefined ? {} : { publicMessage }),
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      ...(resource === undefined ? {} : { resource }),
    },
  };
}

/**
 * The outcome that a record stands for, as a repeat gets it `ageMs` later: a
 * response says `replayed` where its message can, and what was to be waited is
 * shorter by that time. An unreadable record is an unknown outcome.
 */
export function outcomeFromRecord(output: DescMessage, record: string | undefined, ageMs: number): Outcome {
  try {
    const { version, response, fault } = JSON.parse(record ?? "{}") as RecordV1;
    if (version === 1 && response !== undefined) {
      return { response: replayed(output, fromBinary(output, Buffer.from(response, "base64")), ageMs) };
    }
    if (version === 1 && fault !== undefined && Object.hasOwn(faultOwners, fault.kind)) {
      const { kind, retryAfterMs, ...options } = fault;
      return { fault: new Fault(kind, { ...options, ...waitLeft(retryAfterMs, ageMs) }) };
    }
    return { fault: new Fault("outcome-unknown", { cause: new Error("a record of another version") }) };
  } catch (cause) {
    return { fault: new Fault("outcome-unknown", { cause }) };
  }
}

function waitLeft(retryAfterMs: number | undefined, ageMs: number): FaultOptions {
  return retryAfterMs === undefined ? {} : { retryAfterMs: Math.max(0, retryAfterMs - ageMs) };
}

function replayed(output: DescMessage, response: Message, ageMs: number): Message {
  const message = reflect(output, response);
  for (const field of output.fields) {
    if (field.name === "replayed") {
      message.set(field, true);
    } else if (field.message?.typeName === DurationSchema.typeName && message.isSet(field)) {
      const { message: duration } = message.get(field) as ReflectMessage;
      const leftMs = Math.max(0, Math.ceil(durationMs(duration as Duration) - ageMs));
      message.set(field, reflect(DurationSchema, durationFromMs(leftMs)));
    }
  }
  return response;
}
