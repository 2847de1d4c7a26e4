import type { Instant } from "../provider.ts";

/** The fields of a google.protobuf.Timestamp. */
export function timestampFromInstant({ seconds, nanos }: Instant): { seconds: bigint; nanos: number } {
  return { seconds: BigInt(seconds), nanos };
}
