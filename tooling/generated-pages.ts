import { settings } from "@verigate/gateway";
import { errorCatalogue } from "@verigate/rpc-server";
import { metricsCatalogue } from "@verigate/telemetry";
import { dashboardFiles } from "./dashboards/dashboard-files.ts";
import { errorsPage } from "./errors-page.ts";
import { prometheusRule, prometheusRulePath } from "./kubernetes/prometheus-rule.ts";
import { metricsPage } from "./metrics-page.ts";
import { enumValueComments } from "./proto-comments.ts";
import { settingsPage } from "./settings-page.ts";

const errorProto = "verigate/v1/error.proto";

/** The text of each generated page and dashboard, by its path, out of the code of the repository at `root`. */
export function generatedPages(root: string): Readonly<Record<string, string>> {
  return {
    ...dashboardFiles(),
    [prometheusRulePath]: prometheusRule(root),
    "docs/settings.md": settingsPage(settings),
    "docs/metrics.md": metricsPage(metricsCatalogue),
    "docs/errors.md": errorsPage({
      catalogue: errorCatalogue,
      reasonComments: enumValueComments(root, errorProto, "ErrorReason"),
      stepComments: enumValueComments(root, errorProto, "NextStep"),
    }),
  };
}
