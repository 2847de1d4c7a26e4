import { parseArgs } from "node:util";

/** How much is measured, and what becomes of it. */
export interface Options {
  /** Turns of each server. Fewer than five give figures, but no verdict about a ratio. */
  readonly rounds: number;
  /** About how long a turn lasts; and the warm-up before the first, which does not count. */
  readonly seconds: number;
  /** How often each server is started, to see how long that takes. */
  readonly starts: number;
  /** Whether only CPU per call is measured, and its ratios are held to `ratio-guards.ts`. */
  readonly isQuick: boolean;
  /** Whether docs/performance.md is to be written. */
  readonly isWriting: boolean;
}

export interface CommandLine {
  readonly options: Options;
  /** Where it is there, a soak of so many minutes is all that is done. */
  readonly soakMinutes: number | undefined;
}

export const usage = `pnpm bench: measures the gateway beside what a team would write by hand

  --quick        three short rounds, about two minutes: CPU per call only; fails where its ratios have become bad
  --rounds N     turns of each server (5)
  --seconds N    length of a turn (3)
  --soak         nothing but ten minutes of mixed load at 70 % of a core
  --minutes N    length of the soak (10)
  --write        writes docs/performance.md and docs/performance.svg; with --soak, its part of the page
`;

/** Reads the command line. Throws an Error whose message is for the user. */
export function parseCommandLine(args: readonly string[]): CommandLine {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: "string" },
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
      soak: { type: "boolean", default: false },
      write: { type: "boolean", default: false },
    },
  });
  if (values.quick && values.write) {
    throw new Error("--write takes all that is measured: not with --quick");
  }
  const minutes = countFrom("minutes", values.minutes);
  if (minutes !== undefined && !values.soak) {
    throw new Error("--minutes is for --soak");
  }
  const options = {
    rounds: countFrom("rounds", values.rounds) ?? (values.quick ? 3 : 5),
    seconds: countFrom("seconds", values.seconds) ?? (values.quick ? 1 : 3),
    starts: values.quick ? 1 : 3,
    isQuick: values.quick,
    isWriting: values.write,
  };
  return { options, soakMinutes: values.soak ? (minutes ?? 10) : undefined };
}

function countFrom(name: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  if (!/^[1-9]\d{0,2}$/.test(text)) {
    throw new Error(`--${name} takes a whole number from 1 to 999`);
  }
  return Number(text);
}
