import { cpus, totalmem } from "node:os";
import type { Verdict } from "./invariants.ts";
import type { Pace } from "./pace.ts";

/** What a run has found. */
export interface Results {
  readonly machine: Machine;
  readonly seconds: number;
  readonly pace: Pace;
  readonly scenarios: readonly ScenarioResult[];
  /** Scenarios that could not be run, and what is missing for them. */
  readonly skipped: readonly { readonly title: string; readonly problem: string }[];
}

export interface ScenarioResult extends Verdict {
  readonly name: string;
  readonly title: string;
}

/** What figures depend on besides the code; nothing that names the machine. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGib: number;
  readonly node: string;
}

export function describeMachine(): Machine {
  const [first, ...more] = cpus();
  return {
    cpu: first?.model.trim() ?? "unknown",
    cores: more.length + 1,
    memoryGib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
  };
}
