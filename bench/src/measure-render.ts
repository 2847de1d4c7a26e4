import { runToEnd } from "./children.ts";
import { node, pathOf } from "./contestants.ts";

/** What one process found that read all metrics again and again. */
export interface RenderRun {
  /** For each time, the longest that other work had to wait for its turn, in milliseconds. */
  readonly longestStepsMs: readonly number[];
  /** How many series there were, and how many bytes they were in OpenMetrics. */
  readonly series: number;
  readonly bytes: number;
}

/** What reading all metrics costs, while other work goes on. */
export interface RenderResult extends Omit<RenderRun, "longestStepsMs"> {
  readonly longestStepMs: number;
}

const runs = 5;

/** Reads metrics of every series that there can be, in processes of their own. */
export async function measureRender(core: number | undefined): Promise<RenderResult> {
  const found: RenderRun[] = [];
  for (let run = 0; run < runs; run += 1) {
    found.push(JSON.parse(await runToEnd([...node(), "--expose-gc", pathOf("render-metrics.ts")], { core })));
  }
  return renderResult(found);
}

/**
 * The longest step that comes in every run at the same time: what is slow because
 * it is cold, or collects garbage, comes again in each, but not what another
 * process did to one of them. Throws where there was no run.
 */
export function renderResult(found: readonly RenderRun[]): RenderResult {
  const [first] = found;
  if (first === undefined) {
    throw new Error("nothing was measured");
  }
  const least = first.longestStepsMs.map((_, time) =>
    Math.min(...found.map(({ longestStepsMs }) => longestStepsMs[time] ?? Number.POSITIVE_INFINITY)),
  );
  return { longestStepMs: Math.max(...least), series: first.series, bytes: first.bytes };
}
