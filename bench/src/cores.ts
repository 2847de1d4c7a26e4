import { readFileSync } from "node:fs";
import { findProgram } from "./find-program.ts";

/** Which core runs the measured server, and which everything else that works. */
export interface Cores {
  readonly server: number;
  readonly load: number;
}

/** The numbers in a list such as `0-2,5`, as the kernel writes sets of cores. */
export function parseCoreList(list: string): number[] {
  return list.split(",").flatMap((range) => {
    const [first = Number.NaN, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}

/** Two of the cores that this process may use; undefined where there is one only, or no `taskset`. */
export function assignCores(): Cores | undefined {
  const [, list = ""] = /^Cpus_allowed_list:\s+(\S+)$/m.exec(readFileSync("/proc/self/status", "utf8")) ?? [];
  const [server, load] = parseCoreList(list);
  return server === undefined || load === undefined || findProgram("taskset") === undefined
    ? undefined
    : { server, load };
}
