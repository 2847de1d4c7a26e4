/** What one dashboard shows, without a word of how Grafana writes it. */
export interface DashboardSpec {
  /** Stays the same for ever: links and imports go by it. */
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  /** Variables besides those that every dashboard has. */
  readonly variables: readonly VariableSpec[];
  readonly rows: readonly RowSpec[];
}

/** A variable whose values are those of a label; all of them unless the reader chooses. */
export interface VariableSpec {
  readonly name: string;
  readonly label: string;
  readonly description: string;
  /** A metric that has the label `name`. */
  readonly metric: string;
}

export interface RowSpec {
  readonly title: string;
  readonly panels: readonly PanelSpec[];
}

export interface PanelSpec {
  /** Lines over time, areas on top of each other, single figures, or bars that are compared. The last two are of the whole time range. */
  readonly kind: "lines" | "stack" | "figures" | "bars";
  readonly title: string;
  /** What it shows, and what to make of it. */
  readonly description: string;
  /** Grafana's name of the unit. `percentunit` is a share of 1. */
  readonly unit: "percentunit" | "reqps" | "ops" | "s" | "bytes" | "short";
  readonly queries: readonly QuerySpec[];
  /** Of 24 columns. */
  readonly width: number;
  /** Upper end of the scale. Default: what the data needs. */
  readonly max?: number;
  /** Below, between and above which values it is green, yellow or red. Without it nothing is judged. */
  readonly judged?: { readonly good: "low" | "high"; readonly yellow: number; readonly red: number };
  /** Words that stand for values. */
  readonly words?: Readonly<Record<number, { readonly text: string; readonly color: "green" | "yellow" | "red" }>>;
  /** Colours of series that mean something, by their legend; any of Grafana's names. */
  readonly colors?: Readonly<Record<string, string>>;
  /** Beside the lines, where there are too many names to stand below them. */
  readonly legend?: "right";
  /** The value holds until the next one: no line slopes from one state to another. */
  readonly isStepped?: true;
  /** Alerts that watch the same thing: their runbook pages are linked. */
  readonly alerts?: readonly string[];
}

export interface QuerySpec {
  /** PromQL, with Grafana's variables. */
  readonly expr: string;
  /** `{{label}}` stands for a label's value. */
  readonly legend: string;
  /** Whether traces of single calls are shown as points. */
  readonly hasExemplars?: true;
}
