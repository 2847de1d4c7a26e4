import type { Metrics } from "./metrics.ts";

/** For tests: the samples of a page of metrics, by name and labels as they are written. */
export async function samplesOf(metrics: Pick<Metrics, "render">): Promise<ReadonlyMap<string, number>> {
  const { text } = await metrics.render("text");
  return new Map(
    text
      .split("\n")
      .filter((line) => line !== "" && !line.startsWith("#"))
      .map((line) => [line.slice(0, line.lastIndexOf(" ")), Number(line.slice(line.lastIndexOf(" ") + 1))] as const),
  );
}

/** For tests: those of ours alone; what prom-client brings along is not in our hands. */
export async function ownSamplesOf(metrics: Pick<Metrics, "render">): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await samplesOf(metrics))].filter(([name]) => /^(verigate|grpc)_/.test(name)));
}
