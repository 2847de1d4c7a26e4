import { setImmediate as turn } from "node:timers/promises";
import { Counter, Gauge, Histogram, type OpenMetricsContentType, Registry } from "prom-client";
import { expect, it } from "vitest";
import { exposition } from "./exposition.ts";
import { createMetrics } from "./metrics.ts";

function registryWith(fill: (registers: Registry<OpenMetricsContentType>[]) => void) {
  const registry = new Registry<OpenMetricsContentType>();
  registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE);
  fill([registry]);
  return registry;
}

const traceId = "0af7651916cd43dd8448eb211c80319c";
const sample = () =>
  registryWith((registers) => {
    new Counter({ name: "calls_total", help: 'Calls, "all".', labelNames: ["who"], registers }).inc({
      who: 'a"b\\c\nd',
    });
    const seconds = new Histogram({
      name: "call_seconds",
      help: "Time.",
      buckets: [0.5, 1],
      enableExemplars: true,
      registers,
    });
    seconds.observe({ value: 0.7, exemplarLabels: { trace_id: traceId } });
    seconds.observe({ value: 7 });
    new Gauge({ name: "level", help: "Level.", registers }).set(Number.NaN);
    new Gauge({ name: "top", help: "Top.", registers }).set(Number.POSITIVE_INFINITY);
  });
const entries = { call_seconds: { type: "histogram", help: "Time.", unit: "seconds", labels: {} } } as const;

it("Prometheus' text format has no exemplars", async () => {
  expect(await exposition(sample(), "text", entries)).toBe(`# HELP calls_total Calls, "all".
# TYPE calls_total counter
calls_total{who="a\\"b\\\\c\\nd"} 1
# HELP call_seconds Time.
# TYPE call_seconds histogram
call_seconds_bucket{le="0.5"} 0
call_seconds_bucket{le="1"} 1
call_seconds_bucket{le="+Inf"} 2
call_seconds_sum 7.7
call_seconds_count 2
# HELP level Level.
# TYPE level gauge
level NaN
# HELP top Top.
# TYPE top gauge
top +Inf
`);
});

it("OpenMetrics has exemplars, units, counters without their suffix, and an end", async () => {
  const text = await exposition(sample(), "openmetrics", entries);
  expect(text.replace(/\d{10,}(\.\d+)?$/m, "NOW")).toBe(`# HELP calls Calls, \\"all\\".
# TYPE calls counter
calls_total{who="a\\"b\\\\c\\nd"} 1
# HELP call_seconds Time.
# TYPE call_seconds histogram
# UNIT call_seconds seconds
call_seconds_bucket{le="0.5"} 0
call_seconds_bucket{le="1"} 1 # {trace_id="${traceId}"} 0.7 NOW
call_seconds_bucket{le="+Inf"} 2
call_seconds_sum 7.7
call_seconds_count 2
# HELP level Level.
# TYPE level gauge
level NaN
# HELP top Top.
# TYPE top gauge
top +Inf
# EOF
`);
});

it("either format can be written after the other", async () => {
  const registry = sample();
  const first = await exposition(registry, "text", entries);
  await exposition(registry, "openmetrics", entries);
  expect(await exposition(registry, "text", entries)).toBe(first);
});

/** How often other work had its turn until `work` was done. */
async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let isDone = false;
  const done = work.then(() => {
    isDone = true;
  });
  let turns = 0;
  while (!isDone) {
    await turn();
    turns += 1;
  }
  await done;
  return turns;
}

it("other work has its turn between any two metrics", async () => {
  const metrics = createMetrics();
  const { text } = await metrics.render("text");
  const count = text.match(/^# TYPE /gm)?.length ?? 0;
  expect(count).toBeGreaterThan(40);
  expect(await turnsDuring(metrics.render("text"))).toBeGreaterThanOrEqual(count);
});

it("other work has its turn within a metric of many series", async () => {
  const registry = registryWith((registers) => {
    const counter = new Counter({ name: "calls_total", help: "Calls.", labelNames: ["who"], registers });
    for (let each = 0; each < 10_000; each += 1) {
      counter.inc({ who: String(each) });
    }
  });
  expect(await turnsDuring(exposition(registry, "text", {}))).toBeGreaterThanOrEqual(50);
});

it("a metric's series are of one moment, also where it takes several turns to write them", async () => {
  let counter: Counter | undefined;
  const registry = registryWith((registers) => {
    counter = new Counter({ name: "calls_total", help: "Calls.", labelNames: ["who"], registers });
    for (let each = 0; each < 1_000; each += 1) {
      counter.inc({ who: String(each) });
    }
  });
  const rendering = exposition(registry, "text", {});
  await turn();
  for (let each = 0; each < 1_000; each += 1) {
    counter?.inc({ who: String(each) });
  }
  const values = new Set([...(await rendering).matchAll(/ (\d+)$/gm)].map(([, value]) => value));
  expect([...values]).toEqual(["1"]);
});
