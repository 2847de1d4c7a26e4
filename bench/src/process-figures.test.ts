import { expect, it } from "vitest";
import { parseCpuTicks, parseResidentMib } from "./process-figures.ts";

const stat =
  "4711 (node (worker) 1) S 4700 4711 4700 34816 4711 4194304 22183 0 12 0 340 57 3 4 20 0 11 0 301 1169 12 184 0";

it("CPU time is user and system time, whatever the process is called", () => {
  expect(parseCpuTicks(stat)).toBe(397);
});

it("a text without CPU time is refused", () => {
  expect(() => parseCpuTicks("4711 (node) S 1 2")).toThrow("no CPU time");
});

it("resident memory is told in MiB", () => {
  expect(parseResidentMib("Name:\tnode\nVmHWM:\t  204800 kB\nVmRSS:\t  102400 kB\nThreads:\t11\n")).toBe(100);
});

it("a process without memory of its own is refused", () => {
  expect(() => parseResidentMib("Name:\tkthreadd\nThreads:\t1\n")).toThrow("no VmRSS");
});
