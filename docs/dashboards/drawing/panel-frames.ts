import {
  applyFieldOverrides,
  createDataFrame,
  type DataFrame,
  type FieldConfig,
  type FieldConfigSource,
  FieldType,
  type GrafanaTheme2,
} from "@grafana/data";
import type { DrawnDashboard, DrawnPanel } from "./drawn-dashboard.ts";

/** A panel's series as Grafana's Prometheus data source hands them to panels: on a full grid, so that gaps are gaps. */
export function panelFrames(
  { id, targets = [], fieldConfig }: DrawnPanel,
  { results, range }: Pick<DrawnDashboard, "results" | "range">,
  theme: GrafanaTheme2,
): DataFrame[] {
  const data = targets.flatMap(({ refId, legendFormat }) =>
    (results[id]?.[refId] ?? []).map(({ labels, points }) => {
      const isSingle = points.length === 1;
      const values = new Map(points);
      const grid = isSingle ? points.map(([at]) => at) : gridOf(range);
      const name = legendFormat.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "");
      return createDataFrame({
        refId,
        fields: [
          { name: "Time", type: FieldType.time, config: {}, values: grid.map((at) => at * 1_000) },
          {
            name: "Value",
            type: FieldType.number,
            labels: { ...labels },
            config: configOf(name, fieldConfig),
            values: grid.map((at) => values.get(at) ?? null),
          },
        ],
      });
    }),
  );
  return applyFieldOverrides({
    data,
    fieldConfig: { defaults: {}, overrides: [] },
    theme,
    replaceVariables: (text) => text,
    timeZone: "utc",
  });
}

/** Put together here, because the registry that would hand the defaults down is in none of Grafana's packages. */
function configOf(name: string, { defaults, overrides }: FieldConfigSource): FieldConfig {
  const own = overrides
    .filter(({ matcher }) => matcher.id === "byName" && matcher.options === name)
    .flatMap(({ properties }) => properties.map(({ id, value }) => [id, value]));
  return { ...defaults, displayNameFromDS: name, ...Object.fromEntries(own) };
}

function gridOf({ from, to, stepSeconds }: DrawnDashboard["range"]): number[] {
  return Array.from({ length: Math.floor((to - from) / stepSeconds) + 1 }, (_, index) => from + index * stepSeconds);
}
