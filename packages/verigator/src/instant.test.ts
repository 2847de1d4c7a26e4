import { Fault } from "@verigate/call";
import fc from "fast-check";
import { expect, it } from "vitest";
import { instantMember } from "./instant.ts";

const july2017 = Date.UTC(2017, 6, 6, 13, 12, 3) / 1_000;

it.each([
  ["2017-07-06T13:12:03.141Z", july2017, 141_000_000],
  ["2017-07-06T13:12:03Z", july2017, 0],
  ["2017-07-06t13:12:03z", july2017, 0],
  ["2017-07-06T13:12:03.965341", july2017, 965_341_000],
  ["2017-07-06 13:12:03", july2017, 0],
  ["2017-07-06T13:12:03.123456789999Z", july2017, 123_456_789],
  ["2017-07-06T15:12:03+02:00", july2017, 0],
  ["2017-07-06T06:42:03-0630", july2017, 0],
  ["2016-12-31T23:59:60Z", Date.UTC(2017, 0, 1) / 1_000, 0],
])("reads %s", (ctime, seconds, nanos) => {
  expect(instantMember({ ctime }, "ctime")).toEqual({ seconds, nanos });
});

it.each([
  undefined,
  null,
  "",
  12345,
  "yesterday",
  "2017-02-30T00:00:00Z",
  "2017-13-01T00:00:00Z",
  "2017-07-06T24:00:00Z",
  "2017-07-06T13:60:00Z",
  "2017-07-06T13:12:61Z",
  "2017-07-06",
  "2017-07-06T13:12:03.Z",
  "2017-07-06T13:12:03 Z",
])("%j is no time, and the fault names the member and not the value", (ctime) => {
  try {
    instantMember({ ctime }, "ctime");
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(Fault);
    expect((error as Fault).kind).toBe("upstream-bad-response");
    expect((error as Fault).publicMessage).toMatch(/^the provider's answer has no (time|string) "ctime"$/);
  }
});

it("every time that JavaScript writes is read back", () => {
  fc.assert(
    fc.property(fc.date({ min: new Date(0), max: new Date("9999-01-01"), noInvalidDate: true }), (date) => {
      const { seconds, nanos } = instantMember({ ctime: date.toISOString() }, "ctime");
      expect(seconds * 1_000 + nanos / 1_000_000).toBe(date.getTime());
    }),
  );
});
