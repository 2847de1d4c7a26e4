import { afterAll, beforeAll, describe, expect } from "vitest";
import { eventually } from "../src/eventually.ts";
import { prometheus, redisServer, testWith } from "../src/real-or-skip.ts";
import { readDashboards } from "./dashboards.ts";
import { testPace } from "./load-pace.ts";
import { type ObservedParts, startObservedParts } from "./observed-parts.ts";
import { type PanelRange, panelData } from "./panel-data.ts";
import type { TimeSeries } from "./prometheus-process.ts";

const test = testWith(prometheus, redisServer);

/** What is nothing as long as this load lasts, because a login is given up after ten minutes; and what it does not do. */
const zeros = ["abandoned", "Abandoned logins", "Lost to the audit log", "Lost to the audit log, by replica"];

const panels = readDashboards().flatMap(({ title: dashboard, panels: all }) =>
  all
    .filter(({ targets }) => targets !== undefined)
    .map(({ title, targets = [] }) => ({ name: `${dashboard} / ${title}`, title, targets })),
);

describe("a gateway under the mixed load, scraped by a real Prometheus", () => {
  let parts: ObservedParts;
  let range: PanelRange;

  beforeAll(async () => {
    const history = halfAnHourUntil(Date.now() / 1_000);
    parts = await startObservedParts({ pace: testPace, hasPrometheus: true, hasRedis: true, history });
    const from = Date.now() / 1_000;
    await parts.load.play();
    // What happened until now has been scraped, and recorded, when this is.
    const seen = Date.now() / 1_000 + 2;
    const to = await eventually(async () => {
      const [series] = (await parts.prometheus?.query("timestamp(verigate_ready)", Date.now() / 1_000)) ?? [];
      const [, at = 0] = series?.points[0] ?? [];
      return at > seen ? at : undefined;
    });
    range = { from, to, stepSeconds: 1, rateSeconds: 15 };
  }, 120_000);

  afterAll(() => parts?.close());

  test.each(panels)("$name: every query returns data, and more than zeros", async ({ title, targets }) => {
    for (const target of targets) {
      const series = await panelData(parts.prometheus as NonNullable<typeof parts.prometheus>, target, range);
      const values = valuesOf(series).filter((value) => !Number.isNaN(value));
      expect(values, target.expr).not.toEqual([]);
      expect(
        values.every((value) => value === 0),
        target.expr,
      ).toBe(zeros.includes(title) || zeros.includes(target.legendFormat));
    }
  });
});

/** Budgets are of every fifth minute, and a short run may see none of these. */
function halfAnHourUntil(now: number): string {
  const families = ["verigate_rpc_handled", "verigate_rpc_bad", "verigate_auth_rpc_handled", "verigate_auth_rpc_slow"];
  const lines = families.flatMap((name) => [
    `# TYPE namespace_job:${name}:rate5m gauge`,
    ...Array.from({ length: 30 }, (_, minute) => {
      const value = name.endsWith("handled") ? 10 : 0.001;
      return `namespace_job:${name}:rate5m{job="verigate"} ${value} ${Math.round(now) - 60 * (30 - minute)}`;
    }),
  ]);
  return [...lines, "# EOF", ""].join("\n");
}

function valuesOf(series: readonly TimeSeries[]): number[] {
  return series.flatMap(({ points }) => points.map(([, value]) => value));
}
