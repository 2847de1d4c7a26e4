import type { FieldConfigSource } from "@grafana/data";

/** What is drawn: a dashboard, and what its queries returned. */
export interface DrawnDashboard {
  readonly dashboard: {
    readonly uid: string;
    readonly title: string;
    readonly description: string;
    readonly panels: readonly DrawnPanel[];
  };
  /** In seconds since 1970. */
  readonly range: { readonly from: number; readonly to: number; readonly stepSeconds: number };
  /** Series by panel and target. */
  readonly results: Readonly<Record<string, Readonly<Record<string, readonly DrawnSeries[]>>>>;
}

/** A panel of the dashboard's JSON, of the kinds that ours have. */
export interface DrawnPanel {
  readonly id: number;
  readonly type: "row" | "timeseries" | "stat" | "bargauge";
  readonly title: string;
  readonly description?: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly legendFormat: string }[];
  readonly fieldConfig: FieldConfigSource;
  // biome-ignore lint/suspicious/noExplicitAny: each kind of panel has options of its own, which Grafana's components judge.
  readonly options: any;
}

export interface DrawnSeries {
  readonly labels: Readonly<Record<string, string>>;
  /** A value that is no number is null. */
  readonly points: readonly (readonly [seconds: number, value: number | null])[];
}
