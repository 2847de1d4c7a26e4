import { authenticationDashboard } from "./authentication-dashboard.ts";
import { dashboardFromSpec } from "./dashboard-from-spec.ts";
import type { DashboardSpec } from "./dashboard-spec.ts";
import { gatewayDashboard } from "./gateway-dashboard.ts";
import { securityDashboard } from "./security-dashboard.ts";
import { upstreamDashboard } from "./upstream-dashboard.ts";

export const dashboardSpecs: readonly DashboardSpec[] = [
  authenticationDashboard,
  gatewayDashboard,
  upstreamDashboard,
  securityDashboard,
];

/** The text of each dashboard's JSON, by its path in the repository. */
export function dashboardFiles(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    dashboardSpecs.map((spec) => [
      `deploy/grafana/${spec.uid}.json`,
      `${JSON.stringify(dashboardFromSpec(spec), undefined, 2)}\n`,
    ]),
  );
}
