/** The span that a request is part of, as its caller names it (W3C Trace Context, 3.2: `traceparent`). */
export interface TraceParent {
  /** 32 hexadecimal digits. */
  readonly traceId: string;
  /** 16 hexadecimal digits. */
  readonly spanId: string;
  /** Whether the caller records it. */
  readonly isSampled: boolean;
}

const pattern = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const zeros = /^0+$/;

/**
 * Reads a `traceparent`; undefined where there is none, or none that means
 * anything. Of a later version, what this one knows of is read, as the
 * specification says (3.2.3).
 */
export function traceParentFromHeader(value: string | readonly string[] | undefined): TraceParent | undefined {
  if (typeof value !== "string") {
    return undefined;
  }
  const [, version, traceId, spanId, flags, more] = pattern.exec(value) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined || version === "ff") {
    return undefined;
  }
  if (zeros.test(traceId) || zeros.test(spanId) || (version === "00" && more !== undefined)) {
    return undefined;
  }
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & 1) === 1 };
}
