/** A page of metrics at one moment. */
export interface Scrape {
  /** Every series, as it is written. */
  readonly series: readonly string[];
  /** The sum of the series of a metric that have these labels; undefined where there is none. */
  sum(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

/** Reads the metrics of the admin listener at `adminUrl`, in Prometheus' text format. */
export async function scrape({ adminUrl }: { readonly adminUrl: string }): Promise<Scrape> {
  const text = await (await fetch(`${adminUrl}/metrics`)).text();
  const samples = text
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .map((line) => {
      const end = line.lastIndexOf(" ");
      return { series: line.slice(0, end), value: Number(line.slice(end + 1)) };
    });
  return {
    series: samples.map(({ series }) => series),
    sum(name, labels = {}) {
      const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
      const found = samples.filter(
        ({ series }) => series.split("{", 1)[0] === name && wanted.every((label) => series.includes(label)),
      );
      return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
    },
  };
}
