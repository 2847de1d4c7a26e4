import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

/**
 * Clock ticks of CPU time, user and system, of all threads of a process, from
 * the text of /proc/PID/stat (proc_pid_stat(5), fields 14 and 15). The name in
 * field 2 may hold spaces and parentheses. Throws where there are no such fields.
 */
export function parseCpuTicks(stat: string): number {
  const afterName = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  // The first of them is field 3.
  const ticks = Number(afterName[11]) + Number(afterName[12]);
  if (!Number.isSafeInteger(ticks)) {
    throw new Error("/proc/PID/stat has no CPU time");
  }
  return ticks;
}

/** Resident memory in MiB from the text of /proc/PID/status. Throws where it is not told. */
export function parseResidentMib(status: string): number {
  const [, kib] = /^VmRSS:\s+(\d+) kB$/m.exec(status) ?? [];
  if (kib === undefined) {
    throw new Error("/proc/PID/status has no VmRSS");
  }
  return Number(kib) / 1024;
}

let ticksPerSecond: number | undefined;

/** CPU time that the process has used so far, in microseconds; in steps of one clock tick, usually 10 ms. */
export function cpuMicros(pid: number): number {
  ticksPerSecond ??= Number(execFileSync("getconf", ["CLK_TCK"], { encoding: "utf8" }));
  return (parseCpuTicks(readFileSync(`/proc/${pid}/stat`, "utf8")) / ticksPerSecond) * 1e6;
}

/** Resident memory of the process now, in MiB. */
export function residentMib(pid: number): number {
  return parseResidentMib(readFileSync(`/proc/${pid}/status`, "utf8"));
}
