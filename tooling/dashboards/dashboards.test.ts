import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createMetrics, metricsCatalogue } from "@verigate/telemetry";
import { describe, expect, it } from "vitest";
import { dashboardFiles, dashboardSpecs } from "./dashboard-files.ts";
import type { DashboardSpec } from "./dashboard-spec.ts";
import { pageOfAlert } from "./panel-from-spec.ts";
import { queriedSeries } from "./queried-series.ts";

const root = join(import.meta.dirname, "../..");
const rules = readFileSync(join(root, "deploy/prometheus/verigate.rules.yaml"), "utf8");
const alertRules = readFileSync(join(root, "deploy/prometheus/verigate.alerts.yaml"), "utf8");
const namesIn = (text: string, key: string) =>
  new Set([...text.matchAll(new RegExp(`^ *- ${key}: (\\S+)$`, "gm"))].map(([, name = ""]) => name));
const records = namesIn(rules, "record");
const alerts = namesIn(alertRules, "alert");
const catalogue = new Map(metricsCatalogue.flatMap(({ entries }) => Object.entries(entries)));
/** What comes from prom-client itself, too: the process's own. */
const { text } = await createMetrics().render("text");
const types = new Map([...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]));

const panels = dashboardSpecs.flatMap(({ rows }) => rows.flatMap((row) => row.panels));
/** All queries of a dashboard, with what tells them apart. */
const queriesOf = ({ rows }: DashboardSpec) =>
  rows.flatMap((row) =>
    row.panels.flatMap((panel) =>
      panel.queries.map((query) => ({ name: `${panel.title} / ${query.legend}`, panel, ...query })),
    ),
  );
const imported = Object.entries(dashboardFiles()).map(([path, json]) => ({ path, dashboard: JSON.parse(json) }));
/** The histogram, where a name is that of one of its parts. */
const histogramOf = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
const isHistogramPart = (name: string) => histogramOf(name) !== name && types.get(histogramOf(name)) === "histogram";
const targetLabels = ["namespace", "job", "instance"];

describe.each(dashboardSpecs)("queries of $title", (spec) => {
  it("are PromQL", () => {
    for (const { name, expr } of queriesOf(spec)) {
      expect(() => queriedSeries(expr), name).not.toThrow();
    }
    expect(() => queriedSeries("sum(rate(x_total[$__rate_interval])")).toThrow("no PromQL");
  });

  it("ask for metrics of the catalogue, of the process, or for records", () => {
    for (const { name, expr } of queriesOf(spec)) {
      const asked = queriedSeries(expr).map((series) => series.name);
      const plain = asked.filter((metric) => !isHistogramPart(metric) && !records.has(metric));
      expect(asked, name).not.toEqual([]);
      expect(["counter", "gauge"], name).toEqual(expect.arrayContaining(plain.map((metric) => types.get(metric))));
    }
  });

  it("select by labels that exist, and by values that these can have", () => {
    for (const { name, expr } of queriesOf(spec)) {
      for (const { name: metric, matchers } of queriedSeries(expr)) {
        const labels = (catalogue.get(metric) ?? catalogue.get(histogramOf(metric)))?.labels ?? {};
        for (const { label, value } of matchers.filter((matcher) => !targetLabels.includes(matcher.label))) {
          expect(Object.keys(labels), name).toContain(label);
          const fixed = value.split("|").filter((part) => /^\w+$/.test(part));
          const possible = [...(labels[label]?.values ?? []), labels[label]?.fallback];
          expect(possible, name).toEqual(expect.arrayContaining(fixed));
        }
      }
    }
  });

  it("read the chosen replicas alone", () => {
    for (const { name, expr } of queriesOf(spec)) {
      for (const { name: metric, matchers } of queriedSeries(expr)) {
        const chosen = matchers.filter(({ label, value }) => value === `$${label}`).map(({ label }) => label);
        const choosable = records.has(metric) ? ["namespace", "job"] : targetLabels;
        expect(chosen, name).toEqual(expect.arrayContaining(choosable));
      }
    }
  });

  it("have legends that say labels of the result", () => {
    for (const { name, expr, legend } of queriesOf(spec)) {
      const grouped = [...expr.matchAll(/ by \(([^)]*)\)/g)].flatMap(([, labels = ""]) => labels.split(", "));
      const named = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label]) => label);
      expect(grouped, name).toEqual(expect.arrayContaining(named));
    }
  });

  it("are of the time range for figures and bars, and of each step for lines", () => {
    for (const { name, panel, expr } of queriesOf(spec)) {
      const range = panel.kind === "figures" || panel.kind === "bars" ? "[$__range]" : "[$__rate_interval]";
      const counters = [...expr.matchAll(/\b(rate|increase)\(/g)];
      const ranges = [...expr.matchAll(/\[\$[^\]]*\]/g)].map(([text]) => text);
      expect(ranges, name).toEqual(counters.map(() => range));
    }
  });
});

describe("runbook", () => {
  const linked = new Set(panels.flatMap(({ alerts: watching }) => watching ?? []));

  it.each([...linked])("%s is an alert, and has a page", (alert) => {
    expect(alerts).toContain(alert);
    expect(existsSync(join(root, "docs/runbook", pageOfAlert(alert)))).toBe(true);
    expect(alertRules).toContain(`docs/runbook/${pageOfAlert(alert)}`);
  });

  it.each([...alerts])("the page of %s is linked from a panel", (alert) => {
    expect(linked).toContain(alert);
  });
});

describe("what Grafana imports", () => {
  it("has a uid and a title of its own each, and a tag by which they find each other", () => {
    for (const key of ["uid", "title"]) {
      expect(new Set(imported.map(({ dashboard }) => dashboard[key])).size).toBe(dashboardSpecs.length);
    }
    for (const { path, dashboard } of imported) {
      expect(path).toBe(`deploy/grafana/${dashboard.uid}.json`);
      expect(dashboard.tags).toEqual(dashboard.links[0].tags);
    }
  });

  it.each(imported)("$path: panels have ids of their own, fill rows of 24 columns and do not overlap", (each) => {
    const { panels: all } = each.dashboard;
    expect(new Set(all.map(({ id }: { id: number }) => id)).size).toBe(all.length);
    const cells = all.flatMap(({ gridPos: { x, y, w, h } }: { gridPos: Record<"x" | "y" | "w" | "h", number> }) =>
      Array.from({ length: w * h }, (_, index) => `${x + (index % w)},${y + Math.floor(index / w)}`),
    );
    expect(new Set(cells).size).toBe(cells.length);
    const height = Math.max(...all.map(({ gridPos: { y, h } }: { gridPos: { y: number; h: number } }) => y + h));
    expect(cells.length).toBe(24 * height);
  });

  it.each(imported)("$path: reads the data source that the reader chooses, and asks for nothing on import", (each) => {
    const text = JSON.stringify(each.dashboard);
    expect(text).not.toContain("__inputs");
    const sources = [...text.matchAll(/"datasource":(\{[^}]*\})/g)].map(([, source = ""]) => source);
    expect(new Set(sources)).toEqual(new Set(['{"type":"prometheus","uid":"$datasource"}']));
    expect(each.dashboard.templating.list[0]).toMatchObject({ type: "datasource", query: "prometheus" });
  });

  it.each(imported)("$path: every variable in a query is one of the dashboard, or Grafana's own", (each) => {
    const known = each.dashboard.templating.list.map(({ name }: { name: string }) => name);
    const used = [...JSON.stringify(each.dashboard).matchAll(/\$\{?([a-z]\w*)/g)].map(([, name]) => name);
    expect(known).toEqual(expect.arrayContaining([...new Set(used)]));
  });

  it.each(imported)("$path: every panel has a description, a unit and queries with names of their own", (each) => {
    const shown = each.dashboard.panels.filter(({ type }: { type: string }) => type !== "row");
    expect(shown.length).toBeGreaterThan(0);
    for (const { description, fieldConfig, targets } of shown) {
      expect(description).toMatch(/^\S.{30,}\.$/);
      expect(fieldConfig.defaults.unit).toMatch(/^\w+$/);
      expect(targets.length).toBeGreaterThan(0);
      expect(new Set(targets.map(({ refId }: { refId: string }) => refId)).size).toBe(targets.length);
    }
  });
});
