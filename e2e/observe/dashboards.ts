import { readdirSync, readFileSync } from "node:fs";
import { inRepository } from "../src/repository.ts";

/** A dashboard as it is imported; of its JSON what is read here. */
export interface Dashboard {
  readonly uid: string;
  readonly title: string;
  readonly panels: readonly DashboardPanel[];
}

export interface DashboardPanel {
  readonly id: number;
  /** `row` is a heading. */
  readonly type: string;
  readonly title: string;
  /** Absent in a row. */
  readonly targets?: readonly DashboardTarget[];
}

export interface DashboardTarget {
  readonly refId: string;
  readonly expr: string;
  readonly legendFormat: string;
  /** Asked for at the end of the time range, instead of at each step. */
  readonly instant?: boolean;
}

/** Where they are, from the top of the repository. */
export const dashboardFolder = "deploy/grafana";

/** The committed dashboards, in the order of their names. */
export function readDashboards(): readonly Dashboard[] {
  const folder = inRepository(dashboardFolder);
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .map((name) => JSON.parse(readFileSync(`${folder}/${name}`, "utf8")) as Dashboard);
}

export interface QueryTimes {
  /** Of the whole dashboard. */
  readonly rangeSeconds: number;
  /** Over which rates are taken: at least four scrapes. */
  readonly rateSeconds: number;
}

/** The query as Grafana sends it while nothing is chosen: each variable stands for everything. */
export function expandQuery(expr: string, { rangeSeconds, rateSeconds }: QueryTimes): string {
  return expr
    .replaceAll("$__rate_interval", `${rateSeconds}s`)
    .replaceAll("$__range", `${Math.ceil(rangeSeconds)}s`)
    .replaceAll(/"\$\w+"/g, '".*"');
}
