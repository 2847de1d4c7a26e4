import { existsSync } from "node:fs";
import { join } from "node:path";
import { ErrorReason } from "@verigate/contract";
import { settings } from "@verigate/gateway";
import { createMetrics, metricsCatalogue } from "@verigate/telemetry";
import { describe, expect, it } from "vitest";
import { pageOfAlert } from "../dashboards/panel-from-spec.ts";
import { queriedSeries } from "../dashboards/queried-series.ts";
import { alertRules, filesIn, recordRules, testFiles, textOf } from "./alert-files.ts";

const root = join(import.meta.dirname, "../..");
const records = recordRules();
const alerts = alertRules();
const alertNames = [...new Set(alerts.map(({ alert }) => alert))];
const pages = filesIn("docs/runbook").filter((name) => name !== "README.md");
const dashboards = filesIn("deploy/grafana").filter((name) => name.endsWith(".json"));
const recorded = new Set(records.map(({ record }) => record));
const catalogue = new Map(metricsCatalogue.flatMap(({ entries }) => Object.entries(entries)));
/** With those of Node and the process. */
const { text: exposition } = await createMetrics().render("text");
const metricTypes = new Map(
  [...exposition.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(([, name = "", type = ""]) => [name, type]),
);
const histogramOf = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
/** What a Prometheus knows of every target by itself. */
const prometheusOwn = ["up"];
const targetLabels = ["namespace", "job", "instance"];

function isKnown(name: string): boolean {
  const type = metricTypes.get(name);
  return (
    recorded.has(name) ||
    prometheusOwn.includes(name) ||
    type === "counter" ||
    type === "gauge" ||
    metricTypes.get(histogramOf(name)) === "histogram"
  );
}

/** That a query asks for what there is, by labels and values that there can be. */
function expectKnown(expr: string): void {
  const asked = queriedSeries(expr);
  expect(asked.length, expr).toBeGreaterThan(0);
  expect(
    asked.map(({ name }) => name).filter((name) => !isKnown(name)),
    expr,
  ).toEqual([]);
  for (const { name, matchers } of asked.filter((series) => !recorded.has(series.name))) {
    const labels = (catalogue.get(name) ?? catalogue.get(histogramOf(name)))?.labels ?? {};
    for (const { label, value } of matchers.filter((matcher) => matcher.label !== "le")) {
      const possible = [...(labels[label]?.values ?? []), labels[label]?.fallback];
      const fixed = value.split("|").filter((part) => /^\w+$/.test(part));
      expect(possible, `${label} in ${expr}`).toEqual(expect.arrayContaining(fixed));
    }
  }
}

const rules = [
  ...records.map(({ record, expr }) => ({ name: record, expr })),
  ...alerts.map(({ alert, expr, labels }) => ({ name: `${alert} ${labels.window ?? ""}`.trim(), expr })),
];

describe.each(rules)("$name", ({ expr }) => {
  it("asks for metrics, labels and values that there are", () => {
    expectKnown(expr);
  });

  it("works under any job, and keeps job and namespace apart", () => {
    const selected = queriedSeries(expr).flatMap(({ matchers }) => matchers.map(({ label }) => label));
    expect(selected.filter((label) => targetLabels.includes(label))).toEqual([]);
    expect(expr).not.toMatch(/\bwithout\b/);
    for (const [, labels = ""] of expr.matchAll(/\b(?:by|on) \(([^)]*)\)/g)) {
      expect(labels.split(", ")).toEqual(expect.arrayContaining(["namespace", "job"]));
    }
  });
});

describe("records", () => {
  it("have names of level, metric and operation, each once", () => {
    expect(recorded.size).toBe(records.length);
    for (const { record } of records) {
      expect(record).toMatch(/^namespace_job(_[a-z]+)*:[a-z_]+:[a-z]+(_[a-z]+)*\d+[mhd]$/);
    }
  });

  it.each([...recorded])("%s is read by an alert, a dashboard or another record", (record) => {
    const readers = [...rules.map(({ expr }) => expr), ...dashboards.map((name) => textOf(`deploy/grafana/${name}`))];
    const isRead = new RegExp(`${record}(?![a-z0-9_:])`);
    expect(readers.some((text) => isRead.test(text))).toBe(true);
  });
});

describe.each(alerts)("$alert $labels.window", ({ alert, labels, annotations }) => {
  it("says how bad it is, what is wrong, and what to read", () => {
    expect(["page", "ticket"]).toContain(labels.severity);
    expect(annotations.summary).toMatch(/^[A-Z].*[^.]$/);
    expect(annotations.description).toMatch(/^\S.*\.$/);
    expect(annotations.runbook_url).toBe(`docs/runbook/${pageOfAlert(alert)}`);
    expect(dashboards).toContain(`${annotations.dashboard}.json`);
  });
});

it.each(alerts)("$alert $labels.window sees the first event of each counter that it looks at", ({ expr }) => {
  const counters = queriedSeries(expr).filter(({ name }) => catalogue.get(name)?.type === "counter");
  const late = counters.filter(({ name }) => catalogue.get(name)?.zeros === undefined).map(({ name }) => name);
  expect(late.filter((name) => !expr.includes(`unless last_over_time(${name}[1d] offset`))).toEqual([]);
});

it.each(alerts.filter(({ labels }) => labels.window))("$alert $labels.window has a traffic guard", ({ expr }) => {
  expect(expr).toMatch(/:rate\d+[hd] \* \d+ >= 10$/m);
});

describe("tests by promtool", () => {
  const cases = testFiles().flatMap(({ tests }) => tests.flatMap(({ alert_rule_test: each = [] }) => each));

  it.each(alertNames)("%s has a case in which it fires, and one in which it does not", (alert) => {
    const fires = cases.filter(({ alertname }) => alertname === alert).map((each) => each.exp_alerts.length > 0);
    expect(new Set(fires)).toEqual(new Set([true, false]));
  });

  it("are of alerts that there are, by the rules as they are shipped", () => {
    expect(alertNames).toEqual(expect.arrayContaining(cases.map(({ alertname }) => alertname)));
    for (const { rule_files: files } of testFiles()) {
      expect(files).toEqual(["../verigate.rules.yaml", "../verigate.alerts.yaml"]);
    }
  });
});

describe("runbook", () => {
  const settingNames = new Set(Object.keys(settings));
  const reasons = new Set(Object.keys(ErrorReason));
  const otherNames = ["AUTH_METHOD_TOTP", "CERT_HAS_EXPIRED"];
  const codes = ["DEADLINE_EXCEEDED", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED"];
  const isName = (name: string) =>
    settingNames.has(name.replace(/_FILE$/, "")) ||
    [...reasons, ...settingNames, ...otherNames, ...codes].includes(name);

  it("has a page for each alert, and for nothing else", () => {
    expect([...pages].sort()).toEqual(alertNames.map(pageOfAlert).sort());
  });

  it("lists the alerts in the order of the file, with what they say", () => {
    const listed = [...textOf("docs/runbook/README.md").matchAll(/^\| \[(\w+)\]\((\S+)\) \| (\w+) \| (.+) \|$/gm)];
    const first = alertNames.flatMap((name) => alerts.find(({ alert }) => alert === name) ?? []);
    expect(listed.map(([, ...cells]) => cells)).toEqual(
      first.map(({ alert, labels, annotations }) => [alert, pageOfAlert(alert), labels.severity, annotations.summary]),
    );
  });

  describe.each(alertNames)("page of %s", (alert) => {
    const page = textOf(`docs/runbook/${pageOfAlert(alert)}`);

    it("says what it means, what callers see, how to check, what to do and when it ends", () => {
      expect([...page.matchAll(/^#+ (.+)$/gm)].map(([, heading]) => heading)).toEqual([
        alert,
        "What it means",
        "What callers see",
        "How to check",
        "What to do",
        "When it ends",
      ]);
    });

    it("begins with the alert's severity and dashboard", () => {
      const [first] = alerts.filter((rule) => rule.alert === alert);
      const [, severity = "", dashboard = ""] = /^(\w+)[^#]*Dashboard:\s(\w+)\.$/m.exec(page) ?? [];
      expect([severity.toLowerCase(), `verigate-${dashboard.toLowerCase()}`]).toEqual([
        first?.labels.severity,
        first?.annotations.dashboard,
      ]);
    });

    it("has queries for what there is", () => {
      const queries = [...page.matchAll(/```promql\n(.*?)\n```/gs)].flatMap(([, text = ""]) => text.split("\n"));
      expect(queries.length).toBeGreaterThan(0);
      for (const query of queries) {
        expectKnown(query);
      }
    });

    it("names only reasons and settings that there are", () => {
      const names = [...page.matchAll(/\b[A-Z]{2,}(?:_[A-Z]+)+\b/g)].map(([name]) => name);
      expect(names.filter((name) => !isName(name))).toEqual([]);
    });
  });

  it.each(["README.md", ...pages])("links of %s lead somewhere", (name) => {
    const text = textOf(`docs/runbook/${name}`);
    for (const [, path = "", anchor] of text.matchAll(/\]\(([^)#]+)(?:#([^)]+))?\)/g)) {
      expect(existsSync(join(root, "docs/runbook", path)), path).toBe(true);
      const headings = anchor === undefined ? "" : textOf(join("docs/runbook", path)).toLowerCase();
      expect(headings, anchor).toContain(anchor?.replaceAll("-", " ") ?? "");
    }
  });
});
