import { expect, it } from "vitest";
import { samplesOf } from "./metrics/metrics-page-for-test.ts";
import { createFullMetrics } from "./testing.ts";

const series = [...(await samplesOf(createFullMetrics())).keys()];
const countOf = (name: string) => series.filter((each) => each.split("{", 1)[0] === name).length;

it("every series that the label sets allow is there, those of unknown values too", () => {
  // 9 operations and 12 outcomes, each also as something else.
  expect(countOf("verigate_upstream_attempts_total")).toBe(10 * 13);
  // 20 services that are told apart, and all others.
  expect(countOf("verigate_auth_abandoned_total")).toBe(21 * 3);
  // 13 methods and the unknown one, 13 buckets and the last.
  expect(countOf("grpc_server_handling_seconds_bucket")).toBe(14 * 14);
  expect(countOf("verigate_upstream_breaker_state")).toBe(4 * 4);
});

it("every bucket that may have an exemplar has one", async () => {
  const { text } = await createFullMetrics().render("openmetrics");
  const buckets = text.split("\n").filter((line) => line.startsWith("grpc_server_handling_seconds_bucket"));
  expect(buckets.filter((line) => !line.includes(" # {trace_id="))).toEqual([]);
});
