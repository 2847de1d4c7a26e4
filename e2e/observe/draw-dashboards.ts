/**
 * `pnpm draw:dashboards [minutes]`: draws the dashboards of deploy/grafana as they
 * look after so many minutes of the mixed load (20) into docs/dashboards. Needs
 * Debian's prometheus, redis-server and chromium, and installs Grafana's
 * components beside the drawing program: 450 MB.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inRepository } from "../src/repository.ts";
import { type Dashboard, readDashboards } from "./dashboards.ts";
import { observePace } from "./load-pace.ts";
import { startObservedParts } from "./observed-parts.ts";
import { type PanelRange, panelData } from "./panel-data.ts";
import type { PrometheusProcess } from "./prometheus-process.ts";

/** Points of a line: about as many as a panel in a picture has room for. */
const points = 144;
const pictures = inRepository("docs/dashboards");
const drawing = inRepository("docs/dashboards/drawing");
const say = (line: string) => process.stderr.write(`${line}\n`);

process.once("SIGINT", () => process.exit(130));

const [minutes = "20"] = process.argv.slice(2);
if (!/^[1-9]\d?$/.test(minutes)) {
  say("pnpm draw:dashboards takes a number of minutes from 1 to 99");
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "verigate-draw-"));
try {
  const dataPath = join(folder, "data.json");
  writeFileSync(dataPath, JSON.stringify(await dataAfter(Number(minutes))));
  const run = (program: string, ...args: readonly string[]) =>
    execFileSync(program, args, { cwd: drawing, stdio: ["ignore", "inherit", "inherit"] });
  run("pnpm", "install", "--frozen-lockfile");
  run(join(drawing, "node_modules/.bin/tsc"), "-p", ".");
  run(process.execPath, "draw.ts", dataPath, pictures);
} finally {
  rmSync(folder, { recursive: true });
}
// The load's connections are closed; what remains are timers of libraries.
process.exit();

async function dataAfter(minutesOfLoad: number) {
  const parts = await startObservedParts({ pace: observePace, hasPrometheus: true, hasRedis: true });
  try {
    const { load, prometheus } = parts;
    const from = Math.ceil(Date.now() / 1_000);
    const to = from + minutesOfLoad * 60;
    say(`${parts.prometheus?.url} is watching; drawing begins at ${new Date(to * 1_000).toLocaleTimeString()}`);
    while (Date.now() / 1_000 < to) {
      await load.play();
    }
    const range = { from, to, stepSeconds: Math.ceil((to - from) / points), rateSeconds: 20 };
    const drawn = readDashboards().map((dashboard) => drawnFrom(prometheus as PrometheusProcess, dashboard, range));
    return await Promise.all(drawn);
  } finally {
    await parts.close();
  }
}

/** `DrawnDashboard` of the drawing program. */
async function drawnFrom(prometheus: PrometheusProcess, dashboard: Dashboard, range: PanelRange) {
  const results: Record<string, Record<string, unknown>> = {};
  for (const { id, targets = [] } of dashboard.panels) {
    results[id] = {};
    for (const target of targets) {
      // What JSON has no word for, NaN and infinities, becomes null.
      results[id][target.refId] = await panelData(prometheus, target, range);
    }
  }
  return { dashboard, range, results };
}
