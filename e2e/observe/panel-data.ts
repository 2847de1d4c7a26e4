import { type DashboardTarget, expandQuery } from "./dashboards.ts";
import type { PrometheusProcess, TimeSeries } from "./prometheus-process.ts";

/** The time range of a dashboard, in seconds since 1970. */
export interface PanelRange {
  readonly from: number;
  readonly to: number;
  readonly stepSeconds: number;
  readonly rateSeconds: number;
}

/** What a panel's target shows in that time range. */
export function panelData(
  prometheus: PrometheusProcess,
  { expr, instant }: DashboardTarget,
  range: PanelRange,
): Promise<readonly TimeSeries[]> {
  const { from, to, rateSeconds } = range;
  const query = expandQuery(expr, { rangeSeconds: to - from, rateSeconds });
  return instant ? prometheus.query(query, to) : prometheus.queryRange(query, range);
}
