import { cpus, loadavg, totalmem } from "node:os";
import type { Cores } from "./cores.ts";

/** What the figures depend on besides the code; nothing that names the machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly node: string;
  /** Whether the server had a core that load and upstream did not use. */
  readonly isPinned: boolean;
  /** Processes that wanted to run in the minute before: above a few tenths, somebody else was measured too. */
  readonly loadAverage: number;
}

export function describeMachine(cores: Cores | undefined): Machine {
  const all = cpus();
  const [loadAverage = 0] = loadavg();
  return {
    cpu: all[0]?.model.trim() ?? "unknown",
    cores: all.length,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    isPinned: cores !== undefined,
    loadAverage: Math.round(loadAverage * 10) / 10,
  };
}
