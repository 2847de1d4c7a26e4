import type { Verdict } from "../goals.ts";
import type { Machine } from "../machine.ts";
import type { Table } from "../result-table.ts";
import { median } from "../statistics.ts";
import type { LoopFigures } from "./read-gateway.ts";
import type { SoakMinute } from "./soak-plan.ts";

/** How the gateway was at one moment under load. */
export interface SoakSample {
  readonly seconds: number;
  readonly residentMib: number;
  readonly openFiles: number;
  /** CPU time by elapsed time since the sample before. */
  readonly busyShare: number;
}

export interface SoakResults {
  readonly machine: Machine;
  readonly minutes: number;
  readonly done: readonly SoakMinute[];
  /** Once a second. */
  readonly samples: readonly SoakSample[];
  /** Under load both, and each of the half before it. */
  readonly loops: { readonly half: LoopFigures; readonly end: LoopFigures };
}

const mibPerMinuteMax = 1;
const delayMsLimit = 10;
/** Upstream and load share a core: a pause of theirs has more in flight than the gateway lets in. */
const refusedShareLimit = 0.001;

/** What had to stay flat, and whether it did. */
export function soakTable({ samples, minutes, loops, done }: SoakResults): Table {
  const [calls, refused] = [sumOf(done, "calls"), sumOf(done, "refused")];
  const quarter = Math.floor(samples.length / 4);
  const [, second = [], third = [], last = []] = [0, 1, 2, 3].map((each) =>
    samples.slice(each * quarter, (each + 1) * quarter),
  );
  const memory = (part: readonly SoakSample[]) => median(part.map(({ residentMib }) => residentMib));
  const mibPerMinute = (memory(last) - memory(third)) / (minutes / 4);
  const filesBefore = Math.max(...second.map(({ openFiles }) => openFiles));
  const filesAfter = Math.min(...last.map(({ openFiles }) => openFiles));
  return {
    title: "Soak",
    head: ["figure", "goal", "measured", "verdict"],
    rows: [
      [
        "growth of resident memory in the second half",
        `at most ${mibPerMinuteMax} MiB a minute`,
        `${mibPerMinute.toFixed(2)} MiB a minute; ${memory(second).toFixed(0)}, ${memory(third).toFixed(0)}, ${memory(last).toFixed(0)} MiB in the last three quarters`,
        verdictOf(mibPerMinute <= mibPerMinuteMax),
      ],
      [
        "files and sockets open: least in the last quarter",
        "no more than the most in the second quarter",
        `${filesAfter}, by ${filesBefore}`,
        verdictOf(filesAfter <= filesBefore),
      ],
      [
        "handles of the event loop at the end",
        "no more than a tenth over those at half-time",
        `${loops.end.activeHandles}, by ${loops.half.activeHandles}`,
        verdictOf(loops.end.activeHandles <= 1.1 * loops.half.activeHandles),
      ],
      [
        "delay of the event loop, p99 of each half",
        `less than ${delayMsLimit} ms`,
        `${loops.half.delayP99Ms.toFixed(1)} and ${loops.end.delayP99Ms.toFixed(1)} ms`,
        verdictOf(Math.max(loops.half.delayP99Ms, loops.end.delayP99Ms) < delayMsLimit),
      ],
      [
        "calls refused as OVERLOADED",
        `fewer than one in ${1 / refusedShareLimit}`,
        `${refused} of ${calls.toLocaleString("en")}`,
        verdictOf(refused < refusedShareLimit * calls),
      ],
    ],
  };
}

export function sumOf(done: readonly SoakMinute[], name: "calls" | "refused"): number {
  return done.reduce((sum, minute) => sum + minute[name], 0);
}

/** Like a goal of the bench: a miss is in capitals. */
function verdictOf(isMet: boolean): Verdict | "MISSED" {
  return isMet ? "met" : "MISSED";
}
