import * as bargauge from "@grafana/grafana-foundation-sdk/bargauge";
import * as common from "@grafana/grafana-foundation-sdk/common";
import * as dashboard from "@grafana/grafana-foundation-sdk/dashboard";
import * as prometheus from "@grafana/grafana-foundation-sdk/prometheus";
import * as stat from "@grafana/grafana-foundation-sdk/stat";
import * as timeseries from "@grafana/grafana-foundation-sdk/timeseries";
import type { PanelSpec, QuerySpec } from "./dashboard-spec.ts";

/** The data source that the reader chooses. */
export const dataSource = { type: "prometheus", uid: "$datasource" };

type PanelBuilder = timeseries.PanelBuilder | stat.PanelBuilder | bargauge.PanelBuilder;

const chartHeight = 8;
/** With room for a dozen names below each other. */
const tallChartHeight = 11;
const figureHeight = 4;

/** A panel as Grafana writes it. `id` is unique in its dashboard. */
export function panelFromSpec(spec: PanelSpec, id: number): PanelBuilder {
  const panel = byKind[spec.kind](spec)
    .id(id)
    .title(spec.title)
    .description(spec.description)
    .datasource(dataSource)
    .span(spec.width)
    .unit(spec.unit)
    .min(0)
    .targets(spec.queries.map((query, index) => targetFrom(query, index, spec.kind)))
    .thresholds(thresholdsOf(spec))
    .links((spec.alerts ?? []).map(runbookLink));
  if (spec.max !== undefined) {
    panel.max(spec.max);
  }
  for (const [legend, fixedColor] of Object.entries(spec.colors ?? {})) {
    panel.overrideByName(legend, [{ id: "color", value: { mode: "fixed", fixedColor } }]);
  }
  if (spec.words !== undefined) {
    panel.mappings([mappingFrom(spec.words)]);
  }
  return panel;
}

const byKind: Readonly<Record<PanelSpec["kind"], (spec: PanelSpec) => PanelBuilder>> = {
  lines: (spec) => chart(spec).fillOpacity(8),
  stack: (spec) =>
    chart(spec)
      .fillOpacity(40)
      .stacking(new common.StackingConfigBuilder().mode(common.StackingMode.Normal).group("A")),
  figures: (spec) =>
    new stat.PanelBuilder()
      .height(figureHeight)
      .colorMode(common.BigValueColorMode.Value)
      .graphMode(common.BigValueGraphMode.None)
      .justifyMode(common.BigValueJustifyMode.Auto)
      .textMode(spec.queries.some(({ legend }) => legend.includes("{{")) ? valueAndName : common.BigValueTextMode.Value)
      .orientation(common.VizOrientation.Auto)
      .reduceOptions(latest())
      .colorScheme(color(spec.judged === undefined && spec.words === undefined ? "fixed" : "thresholds")),
  bars: () =>
    new bargauge.PanelBuilder()
      .height(chartHeight)
      .displayMode(common.BarGaugeDisplayMode.Gradient)
      .valueMode(common.BarGaugeValueMode.Color)
      .namePlacement(common.BarGaugeNamePlacement.Left)
      .showUnfilled(true)
      .orientation(common.VizOrientation.Horizontal)
      .reduceOptions(latest())
      .text(new common.VizTextDisplayOptionsBuilder().titleSize(14).valueSize(20))
      .colorScheme(color("palette-classic")),
};

const valueAndName = common.BigValueTextMode.ValueAndName;

function chart({ isStepped, judged, legend, max, unit }: PanelSpec): timeseries.PanelBuilder {
  const panel = new timeseries.PanelBuilder()
    .height(legend === "right" ? tallChartHeight : chartHeight)
    .lineWidth(1)
    .showPoints(common.VisibilityMode.Never)
    .lineInterpolation(isStepped ? common.LineInterpolation.StepAfter : common.LineInterpolation.Linear)
    .legend(
      new common.VizLegendOptionsBuilder()
        .showLegend(true)
        .displayMode(common.LegendDisplayMode.List)
        .placement(legend === "right" ? common.LegendPlacement.Right : common.LegendPlacement.Bottom)
        .calcs([]),
    )
    .tooltip(
      new common.VizTooltipOptionsBuilder()
        .mode(common.TooltipDisplayMode.Multi)
        .sort(common.SortOrder.Descending)
        .hideZeros(true),
    )
    .colorScheme(color("palette-classic"));
  if (judged !== undefined) {
    panel.thresholdsStyle(new common.GraphThresholdsStyleConfigBuilder().mode(common.GraphThresholdsStyleMode.Dashed));
  }
  // A share that is nothing all the time is drawn at the bottom, not in the middle.
  return max === undefined && unit === "percentunit" ? panel.axisSoftMax(0.1) : panel;
}

/** Figures and bars are of the whole time range, as of now; lines are asked for at each step. */
function targetFrom({ expr, legend, hasExemplars }: QuerySpec, index: number, kind: PanelSpec["kind"]) {
  const target = new prometheus.DataqueryBuilder()
    .refId(String.fromCharCode(65 + index))
    .datasource(dataSource)
    .editorMode(prometheus.QueryEditorMode.Code)
    .expr(expr)
    .legendFormat(legend);
  return kind === "figures" || kind === "bars" ? target.instant() : target.range().exemplar(hasExemplars ?? false);
}

function thresholdsOf({ judged }: PanelSpec): dashboard.ThresholdsConfigBuilder {
  const steps =
    judged === undefined
      ? [{ color: "green", value: null }]
      : judged.good === "high"
        ? [
            { color: "red", value: null },
            { color: "yellow", value: judged.red },
            { color: "green", value: judged.yellow },
          ]
        : [
            { color: "green", value: null },
            { color: "yellow", value: judged.yellow },
            { color: "red", value: judged.red },
          ];
  return new dashboard.ThresholdsConfigBuilder().mode(dashboard.ThresholdsMode.Absolute).steps(steps);
}

function mappingFrom(words: NonNullable<PanelSpec["words"]>): dashboard.ValueMap {
  return { type: dashboard.MappingType.ValueToText, options: { ...words } };
}

function latest(): common.ReduceDataOptionsBuilder {
  return new common.ReduceDataOptionsBuilder().values(false).calcs(["lastNotNull"]).fields("");
}

function color(mode: "fixed" | "thresholds" | "palette-classic"): dashboard.FieldColorBuilder {
  const builder = new dashboard.FieldColorBuilder().mode(mode as dashboard.FieldColorModeId);
  return mode === "fixed" ? builder.fixedColor("text") : builder;
}

/** Where `runbook` is a variable, because only the reader knows where docs/runbook is to be read. */
function runbookLink(alert: string): dashboard.DashboardLinkBuilder {
  return new dashboard.DashboardLinkBuilder(`Runbook: ${alert}`)
    .type(dashboard.DashboardLinkType.Link)
    .url(`\${runbook}/${pageOfAlert(alert)}`)
    .targetBlank(true);
}

/** VerigateStoreDown has verigate-store-down.md. */
export function pageOfAlert(alert: string): string {
  return `${alert.replaceAll(/(?<=[a-z0-9])(?=[A-Z])/g, "-").toLowerCase()}.md`;
}
