import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument, stringify } from "yaml";

/** Where the generated object stands in the repository. */
export const prometheusRulePath = "deploy/kubernetes/components/alerts/prometheus-rule.yaml";
const ruleFiles = ["deploy/prometheus/verigate.rules.yaml", "deploy/prometheus/verigate.alerts.yaml"];

/** The rule files of the repository at `root`, as an object that the Prometheus Operator takes. */
export function prometheusRule(root: string): string {
  const groups = ruleFiles.flatMap((path) => {
    const file: { groups: readonly object[] } = parseDocument(readFileSync(join(root, path), "utf8")).toJS();
    return file.groups;
  });
  const object = {
    apiVersion: "monitoring.coreos.com/v1",
    kind: "PrometheusRule",
    metadata: {
      name: "verigate",
      labels: { "app.kubernetes.io/name": "verigate", "app.kubernetes.io/component": "alerts" },
    },
    spec: { groups },
  };
  return `# Generated from ${ruleFiles.join(" and ")} by \`pnpm generate:docs\`.\n${stringify(object, { lineWidth: 0 })}`;
}
