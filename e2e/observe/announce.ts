import { type Dashboard, dashboardFolder, expandQuery } from "./dashboards.ts";
import type { MixedLoad } from "./mixed-load.ts";
import type { ObservedParts } from "./observed-parts.ts";
import type { PrometheusProcess } from "./prometheus-process.ts";

/** Where to look. */
export interface Places extends Pick<ObservedParts, "gatewayUrl" | "adminUrl" | "sandboxUrl" | "logPath"> {
  readonly prometheus: Pick<PrometheusProcess, "url"> | undefined;
}

/** Writes what there is to know: as lines for people, or each as one JSON object for programs. */
export interface Announcer {
  ready(places: Places, missing: readonly string[]): void;
  progress(load: Pick<MixedLoad, "counts" | "episode">, seconds: number): void;
  stopping(): void;
}

/** For programs. */
export function jsonAnnouncer(dashboards: readonly Dashboard[], write: (text: string) => void): Announcer {
  const line = (event: string, fields: object = {}) => write(`${JSON.stringify({ event, ...fields })}\n`);
  return {
    ready({ gatewayUrl, adminUrl, sandboxUrl, prometheus, logPath }, missing) {
      const graphs =
        prometheus === undefined ? {} : { prometheus: prometheus.url, graphs: graphUrls(prometheus.url, dashboards) };
      line("ready", {
        ...{ gateway: gatewayUrl, metrics: `${adminUrl}/metrics`, sandbox: sandboxUrl, ...graphs },
        ...{ dashboards: dashboardFolder, log: logPath, missing },
      });
    },
    progress: ({ counts, episode }, seconds) =>
      line("progress", {
        ...{ seconds, episode, calls: counts.calls, ends: counts.byEnd },
        ...{ loginsStarted: counts.loginsStarted, loginsVerified: counts.loginsVerified },
      }),
    stopping: () => line("stopping"),
  };
}

/** For people. */
export function textAnnouncer(dashboards: readonly Dashboard[], write: (text: string) => void): Announcer {
  let lastCalls = 0;
  let lastSeconds = 0;
  return {
    ready({ gatewayUrl, adminUrl, sandboxUrl, prometheus, logPath }, missing) {
      const graphs = prometheus === undefined ? {} : graphUrls(prometheus.url, dashboards);
      write(`
A gateway is in use: users log in, callers err, the upstream has its troubles.

  gateway     ${gatewayUrl}
  metrics     ${adminUrl}/metrics
  sandbox     ${sandboxUrl}   plays Messente
  log         ${logPath}
  Prometheus  ${prometheus === undefined ? "-" : `${prometheus.url}   scrapes every second; ${prometheus.url}/alerts`}
  dashboards  ${dashboardFolder}/*.json   for a Grafana that reads this Prometheus; docs/dashboards.md shows them
${missing.map((what) => `\n  without ${what}`).join("")}${Object.entries(graphs)
  .map(([title, url]) => `\n  ${title}\n    ${url}`)
  .join("")}

Ctrl-C ends everything.

`);
    },
    progress({ counts, episode }, seconds) {
      const perSecond = Math.round((counts.calls - lastCalls) / Math.max(1, seconds - lastSeconds));
      lastCalls = counts.calls;
      lastSeconds = seconds;
      const errors = Object.entries(counts.byEnd)
        .filter(([end]) => end !== "OK")
        .slice(0, 4)
        .map(([end, count]) => `${end} ${count}`);
      const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
      write(
        `${time.padStart(6)}  ${String(perSecond).padStart(4)} calls/s  ` +
          `${counts.loginsVerified} of ${counts.loginsStarted} logins verified  ${episode}\n` +
          `${errors.length === 0 ? "" : `        so far: ${errors.join(", ")}\n`}`,
      );
    },
    stopping: () => write("\nstopping ...\n"),
  };
}

/** Panels that tell the most, one of each dashboard. */
const telling = ["PINs checked, by outcome", "Errors by owner and reason", "Attempts by outcome", "Over a limit"];

/** Prometheus' own graphs of these panels, by their titles. */
function graphUrls(prometheusUrl: string, dashboards: readonly Dashboard[]): Record<string, string> {
  const panels = dashboards.flatMap((dashboard) => dashboard.panels).filter(({ title }) => telling.includes(title));
  return Object.fromEntries(
    panels.map(({ title, targets = [] }) => {
      const expr = expandQuery(targets[0]?.expr ?? "", { rangeSeconds: 300, rateSeconds: 15 })
        // What selects everything says nothing.
        .replaceAll(/\w+=~"\.\*"(, )?/g, "")
        .replaceAll("{}", "");
      const query = new URLSearchParams({ "g0.expr": expr, "g0.tab": "0", "g0.range_input": "5m" });
      return [title, `${prometheusUrl}/graph?${query}`];
    }),
  );
}
