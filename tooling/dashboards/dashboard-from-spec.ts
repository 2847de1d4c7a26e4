import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import type { DashboardSpec, VariableSpec } from "./dashboard-spec.ts";
import { dataSource, panelFromSpec } from "./panel-from-spec.ts";
import { replicas } from "./selectors.ts";

/** What all dashboards have, and by which they find each other. */
const tag = "verigate";

/** In the order in which they narrow each other down. */
const replicaVariables: readonly VariableSpec[] = [
  {
    name: "namespace",
    label: "namespace",
    description: "Kubernetes namespaces. Replicas without one are in `All`.",
    metric: "verigate_build_info",
  },
  { name: "job", label: "job", description: "Prometheus' jobs.", metric: "verigate_build_info" },
  { name: "instance", label: "replica", description: "Single replicas.", metric: "verigate_build_info" },
];

/**
 * A dashboard as Grafana imports it, from a file or from its page. It is in the
 * classic schema. The SDK prefers the one that follows it (v2), which only the
 * latest versions of Grafana read.
 */
export function dashboardFromSpec(spec: DashboardSpec): dashboard.Dashboard {
  const builder = new dashboard.DashboardBuilder(spec.title)
    .uid(spec.uid)
    .description(spec.description)
    .tags([tag])
    .timezone("browser")
    .tooltip(dashboard.DashboardCursorSync.Crosshair)
    .time({ from: "now-3h", to: "now" })
    .refresh("30s")
    .variables([
      new dashboard.DatasourceVariableBuilder("datasource")
        .label("data source")
        .description("The Prometheus that scrapes the gateway.")
        .type("prometheus"),
      ...variablesFrom([...replicaVariables, ...spec.variables]),
      new dashboard.TextBoxVariableBuilder("runbook")
        .label("runbook at")
        .description("Where docs/runbook of the repository is to be read: the panels' links lead there.")
        .defaultValue("docs/runbook"),
    ])
    .links([
      new dashboard.DashboardLinkBuilder("Verigate")
        .type(dashboard.DashboardLinkType.Dashboards)
        .tags([tag])
        .includeVars(true)
        .keepTime(true),
    ])
    .annotation(rollOuts());
  let id = 1;
  for (const { title, panels } of spec.rows) {
    builder.withRow(new dashboard.RowBuilder(title).id(id++));
    for (const panel of panels) {
      builder.withPanel(panelFromSpec(panel, id++));
    }
  }
  return builder.build();
}

/** Each offers what is left by those before it; none is chosen at first. */
function variablesFrom(specs: readonly VariableSpec[]): dashboard.QueryVariableBuilder[] {
  return specs.map(({ name, label, description, metric }, index) => {
    const before = specs.slice(0, Math.min(index, replicaVariables.length));
    const selector = before.map((variable) => `${variable.name}=~"$${variable.name}"`).join(", ");
    const query = `label_values(${metric}${selector === "" ? "" : `{${selector}}`}, ${name})`;
    return new dashboard.QueryVariableBuilder(name)
      .label(label)
      .description(description)
      .datasource(dataSource)
      .query({ query, refId: name })
      .definition(query)
      .refresh(dashboard.VariableRefresh.OnTimeRangeChanged)
      .sort(dashboard.VariableSort.AlphabeticalAsc)
      .multi(true)
      .includeAll(true)
      .allValue(".*")
      .current({ selected: true, text: ["All"], value: ["$__all"] });
  });
}

/** A mark where a version appears that was not there before. */
function rollOuts(): dashboard.AnnotationQueryBuilder {
  const expr = `sum by (version) (verigate_build_info{${replicas}}) unless sum by (version) (verigate_build_info{${replicas}} offset 5m)`;
  return new dashboard.AnnotationQueryBuilder()
    .name("Roll-outs")
    .datasource(dataSource)
    .enable(true)
    .iconColor("blue")
    .expr(expr)
    .step("1m")
    .titleFormat("Roll-out")
    .textFormat("{{version}}")
    .target(new prometheus.DataqueryBuilder().refId("Anno").expr(expr).interval("1m"));
}
