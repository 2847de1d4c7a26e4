import fc from "fast-check";
import { expect, it } from "vitest";
import { traceParentFromHeader } from "./trace-parent.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "00f067aa0ba902b7";

it.each([
  { name: "recorded", header: `00-${traceId}-${spanId}-01`, isSampled: true },
  { name: "not recorded", header: `00-${traceId}-${spanId}-00`, isSampled: false },
  { name: "with flags of later levels", header: `00-${traceId}-${spanId}-03`, isSampled: true },
  { name: "of a later version", header: `cc-${traceId}-${spanId}-01`, isSampled: true },
  { name: "of a later version with more in it", header: `cc-${traceId}-${spanId}-01-what-comes`, isSampled: true },
])("a traceparent $name is read", ({ header, isSampled }) => {
  expect(traceParentFromHeader(header)).toEqual({ traceId, spanId, isSampled });
});

it.each([
  undefined,
  "",
  [`00-${traceId}-${spanId}-01`],
  `00-${traceId}-${spanId}-01, 00-${traceId}-${spanId}-01`,
  `00-${traceId}-${spanId}-01-more`,
  `00-${traceId}-${spanId}-1`,
  `00-${traceId}-${spanId}`,
  `ff-${traceId}-${spanId}-01`,
  `cc-${traceId}-${spanId}-01.more`,
  `00-${traceId.toUpperCase()}-${spanId}-01`,
  `00-${"0".repeat(32)}-${spanId}-01`,
  `00-${traceId}-${"0".repeat(16)}-01`,
  `00-${traceId.slice(1)}-${spanId}-01`,
])("%j is no traceparent", (header) => {
  expect(traceParentFromHeader(header)).toBeUndefined();
});

it("whatever a caller sends, only hexadecimal digits come out of it", () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.string(), fc.stringMatching(/^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}.?$/)),
      (header) => {
        const { traceId: trace = "", spanId: span = "" } = traceParentFromHeader(header) ?? {};
        return /^([0-9a-f]{32})?$/.test(trace) && /^([0-9a-f]{16})?$/.test(span);
      },
    ),
  );
});
