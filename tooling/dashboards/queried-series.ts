import { parser } from "@prometheus-io/lezer-promql";

/** What a query asks a Prometheus for: a metric's name, and what its labels have to be. */
export interface QueriedSeries {
  readonly name: string;
  readonly matchers: readonly { readonly label: string; readonly value: string }[];
}

/** Of PromQL with Grafana's variables in it. Throws an Error where it is no PromQL. */
export function queriedSeries(expr: string): readonly QueriedSeries[] {
  const query = expr.replaceAll("[$__rate_interval]", "[1m]").replaceAll("[$__range]", "[1h]");
  const series: { name: string; matchers: { label: string; value: string }[] }[] = [];
  let label = "";
  let isMatching = false;
  parser.parse(query).iterate({
    enter({ name, type, from, to }) {
      const text = query.slice(from, to);
      if (type.isError) {
        throw new Error(`no PromQL from "${query.slice(from)}" on, in: ${query}`);
      } else if (name === "Identifier") {
        series.push({ name: text, matchers: [] });
      } else if (name === "UnquotedLabelMatcher") {
        isMatching = true;
      } else if (name === "LabelName" && isMatching) {
        label = text;
      } else if (name === "StringLiteral" && isMatching) {
        series.at(-1)?.matchers.push({ label, value: text.slice(1, -1) });
        isMatching = false;
      }
    },
  });
  return series;
}
