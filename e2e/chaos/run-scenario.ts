import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { kinds } from "./call-record.ts";
import { createCaller } from "./caller.ts";
import { judge, type Verdict } from "./invariants.ts";
import { readJournal } from "./journal.ts";
import { type Load, startLoad } from "./load.ts";
import type { Pace } from "./pace.ts";
import { type Parts, startParts } from "./parts.ts";
import { firstSuccessAtMs } from "./recovery.ts";
import type { Scenario } from "./scenarios.ts";

/** How long success is waited for at most, at the start and after the fault, in milliseconds. */
const patienceMs = 60_000;

/** Runs a scenario with parts of its own and judges it when all of them have ended. */
export async function runScenario(scenario: Scenario, pace: Pace): Promise<Verdict> {
  const folder = mkdtempSync(join(tmpdir(), "chaos-"));
  try {
    const { link, store = "memory" } = scenario;
    const parts = await startParts({ link, store, folder, env: pace.env });
    try {
      return await runWith(parts, scenario, pace);
    } finally {
      await parts.close();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runWith(parts: Parts, scenario: Scenario, pace: Pace): Promise<Verdict> {
  const [first, second = first] = parts.gateways;
  const callers = [first, second].map(({ baseUrl }) => createCaller(baseUrl, pace.deadlineMs));
  const load = startLoad({ callers, rate: pace.rate });
  try {
    // What is slow because it is new is not looked at.
    await untilAllSucceed(load, 0);
    const healthyAtMs = performance.now();
    await sleep(pace.healthyMs);
    const memoryBeforeBytes = await first.memoryBytes();
    const faultAtMs = performance.now();
    await scenario.begin(parts, pace);
    await sleep(pace.faultMs);
    await (scenario.end ?? healthyAgain)(parts);
    const recoveryAtMs = performance.now();
    await sleep(pace.recoveryMs);
    await untilAllSucceed(load, recoveryAtMs);
    await load.stop();
    const isReady = (await Promise.all(parts.gateways.map((gateway) => gateway.isReady()))).every(Boolean);
    const memoryAfterBytes = await first.memoryBytes();
    // Only then nothing more can be sent or noted.
    await parts.close();
    return judge({
      records: load.records,
      journal: readJournal(parts.journalPath),
      times: { healthyAtMs, faultAtMs, recoveryAtMs },
      pace,
      isSpared: scenario.isSpared ?? (() => false),
      isReady,
      memoryBeforeBytes,
      memoryAfterBytes,
    });
  } finally {
    await load.stop();
  }
}

function healthyAgain({ upstream }: Parts): Promise<void> {
  return upstream.enter({ kind: "healthy" });
}

/** Fulfils when every kind of call has succeeded after `sinceMs`, or when patience is at its end. */
async function untilAllSucceed(load: Load, sinceMs: number): Promise<void> {
  const untilMs = performance.now() + patienceMs;
  const isDone = () => kinds.every((kind) => firstSuccessAtMs(load.records, kind, sinceMs) !== undefined);
  while (!isDone() && performance.now() < untilMs) {
    await sleep(50);
  }
}
