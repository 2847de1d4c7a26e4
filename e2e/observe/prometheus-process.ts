import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { isRunning, kill, spawnProgram } from "../chaos/child-processes.ts";
import { freePort } from "../src/free-port.ts";
import { inRepository } from "../src/repository.ts";

/** Instants in seconds since 1970, and values; NaN is one too. */
export interface TimeSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly points: readonly (readonly [seconds: number, value: number])[];
}

/** A Prometheus that scrapes one gateway every second. */
export interface PrometheusProcess {
  readonly url: string;
  /** What a query gives at one instant: series of one point. An Error with Prometheus' own words where it is refused. */
  query(expr: string, atSeconds: number): Promise<readonly TimeSeries[]>;
  queryRange(expr: string, range: { from: number; to: number; stepSeconds: number }): Promise<readonly TimeSeries[]>;
  kill(): Promise<void>;
}

const startMsMax = 20_000;

export interface PrometheusOptions {
  /** `host:port` of the gateway's admin port. */
  readonly target: string;
  /** Takes its files. */
  readonly folder: string;
  /** `host:port` of who is told of alerts. */
  readonly alertmanager?: string;
  /** What it knows from before, as OpenMetrics text. */
  readonly history?: string;
}

/**
 * Starts one on a free port, with our recording rules and alerts, evaluated every
 * second. Fulfils when it has scraped the gateway, which it begins to do after five
 * seconds; rejects where it has not after 20.
 */
export async function startPrometheus(options: PrometheusOptions): Promise<PrometheusProcess> {
  const { folder, history } = options;
  const port = await freePort();
  const dataPath = join(folder, "prometheus");
  if (history !== undefined) {
    const historyPath = join(folder, "history.txt");
    writeFileSync(historyPath, history);
    execFileSync("promtool", ["tsdb", "create-blocks-from", "openmetrics", historyPath, dataPath], { stdio: "ignore" });
  }
  const configPath = join(folder, "prometheus.yml");
  // JSON is YAML too.
  writeFileSync(configPath, JSON.stringify(configFor(options)));
  const child = spawnProgram("prometheus", [
    `--config.file=${configPath}`,
    `--storage.tsdb.path=${dataPath}`,
    `--web.listen-address=127.0.0.1:${port}`,
    "--enable-feature=exemplar-storage",
    "--log.level=error",
  ]);
  const url = `http://127.0.0.1:${port}`;
  const startedAtMs = performance.now();
  while (!(await hasScraped(url))) {
    if (!isRunning(child) || performance.now() - startedAtMs > startMsMax) {
      await kill(child);
      throw new Error("Prometheus did not start");
    }
    await sleep(50);
  }

  async function ask(path: string, parameters: Readonly<Record<string, string | number>>) {
    const query = new URLSearchParams(
      Object.entries(parameters).map(([name, value]): [string, string] => [name, String(value)]),
    );
    const response = await fetch(`${url}/api/v1/${path}?${query}`);
    const { data, error } = (await response.json()) as PrometheusAnswer;
    if (data === undefined) {
      throw new Error(`Prometheus refused ${parameters.query}: ${error}`);
    }
    return data.result.map(({ metric, value, values }) => ({
      labels: metric,
      points: (values ?? (value === undefined ? [] : [value])).map(([at, text]) => [at, numberFrom(text)] as const),
    }));
  }

  return {
    url,
    query: (query, time) => ask("query", { query, time }),
    queryRange: (query, { from, to, stepSeconds }) =>
      ask("query_range", { query, start: from, end: to, step: stepSeconds }),
    kill: () => kill(child),
  };
}

interface PrometheusAnswer {
  readonly error?: string;
  readonly data?: {
    readonly result: readonly {
      readonly metric: Readonly<Record<string, string>>;
      readonly value?: readonly [number, string];
      readonly values?: readonly (readonly [number, string])[];
    }[];
  };
}

function configFor({ target, folder, alertmanager }: PrometheusOptions) {
  const rules = ["verigate.rules.yaml", "verigate.alerts.yaml"];
  for (const name of rules) {
    const text = readFileSync(inRepository(`deploy/prometheus/${name}`), "utf8");
    // What is recorded every other minute of days would not be there within this one's life.
    writeFileSync(join(folder, name), text.replaceAll(/^ +interval: .*\n/gm, ""));
  }
  return {
    global: { scrape_interval: "1s", evaluation_interval: "1s" },
    rule_files: rules.map((name) => join(folder, name)),
    scrape_configs: [{ job_name: "verigate", static_configs: [{ targets: [target] }] }],
    ...(alertmanager === undefined
      ? {}
      : { alerting: { alertmanagers: [{ static_configs: [{ targets: [alertmanager] }] }] } }),
  };
}

async function hasScraped(url: string): Promise<boolean> {
  try {
    const { data } = (await (await fetch(`${url}/api/v1/query?query=up`)).json()) as PrometheusAnswer;
    return data?.result.some(({ value }) => value?.[1] === "1") ?? false;
  } catch {
    return false;
  }
}

function numberFrom(text: string): number {
  return text === "+Inf" ? Number.POSITIVE_INFINITY : text === "-Inf" ? Number.NEGATIVE_INFINITY : Number(text);
}
