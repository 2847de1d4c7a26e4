import type { VariableSpec } from "./dashboard-spec.ts";

/** What `services` of selectors.ts reads. */
export const serviceVariable: VariableSpec = {
  name: "service_id",
  label: "service",
  description: "Services that VERIGATE_METRICS_SERVICES lists; `other` is all the rest.",
  metric: "verigate_auth_initiated_total",
};
