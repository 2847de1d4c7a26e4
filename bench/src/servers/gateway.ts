/**
 * This gateway from its sources, set by its usual variables, with its telemetry
 * `on`, as it comes, or `off`: without log lines and metrics.
 */
import { configFromEnv, type ServerOptions, startServer } from "@verigate/gateway";
import type { Metrics } from "@verigate/telemetry";

const [telemetry] = process.argv.slice(2);
const nothing = () => {};
/** Whatever is to be counted or read, nothing happens. */
const noMetrics = new Proxy({} as Metrics, { get: () => nothing });
const silent: Pick<ServerOptions, "logger" | "metrics"> = { logger: { log: nothing }, metrics: noMetrics };

if (telemetry !== "on" && telemetry !== "off") {
  throw new Error("expected on or off");
}
await startServer({ config: configFromEnv(process.env), ...(telemetry === "off" ? silent : {}) });
