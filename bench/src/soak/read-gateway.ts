import { readdirSync } from "node:fs";

/** What the gateway's own metrics tell of its event loop. */
export interface LoopFigures {
  /** Since the metrics were read before, in milliseconds. */
  readonly delayP99Ms: number;
  readonly activeHandles: number;
}

/** The metric is the time between two looks, this much of which is meant (monitorEventLoopDelay's resolution). */
const betweenLooksMs = 10;

/** Reads /metrics, which starts the percentile anew. Rejects where it has no such figures. */
export async function readLoopFigures(adminPort: number): Promise<LoopFigures> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return {
    delayP99Ms: Math.max(0, seriesValue("nodejs_eventloop_lag_p99_seconds", text) * 1_000 - betweenLooksMs),
    activeHandles: seriesValue("nodejs_active_handles_total", text),
  };
}

/** The value of a series without labels in the text of /metrics. Throws where it is not there. */
export function seriesValue(name: string, text: string): number {
  const line = text.split("\n").find((each) => each.startsWith(`${name} `));
  const value = Number(line?.slice(name.length + 1));
  if (Number.isNaN(value)) {
    throw new Error(`the metrics have no ${name}`);
  }
  return value;
}

/** Calls that it has refused because too many were in flight. */
export async function refusedAsOverload(adminPort: number): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return text
    .split("\n")
    .filter((line) => line.startsWith("verigate_rpc_errors_total{") && line.includes('reason="OVERLOADED"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
}

/** Files and sockets that a process has open. */
export function openFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}
