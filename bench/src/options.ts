import { parseArgs } from "node:util";

/** How much is measured, and what becomes of it. */
export interface Options {
  /** Turns of each server. Fewer than five give figures, but no verdict about a ratio. */
  readonly rounds: number;
  /** About how long a turn lasts; and the warm-up before the first, which does not count. */
  readonly seconds: number;
  /** How often each server is started, to see how long that takes. */
  readonly starts: number;
  /** Whether docs/performance.md is to be written. */
  readonly isWriting: boolean;
}

export const usage = `pnpm bench: measures the gateway beside what a team would write by hand

  --quick        two short rounds, about a minute: ratios to look at, no verdicts
  --rounds N     turns of each server (5)
  --seconds N    length of a turn (3)
  --write        writes docs/performance.md and docs/performance.svg
`;

/** Reads the command line. Throws an Error whose message is for the user. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
      write: { type: "boolean", default: false },
    },
  });
  return {
    rounds: countFrom("rounds", values.rounds) ?? (values.quick ? 2 : 5),
    seconds: countFrom("seconds", values.seconds) ?? (values.quick ? 1 : 3),
    starts: values.quick ? 1 : 3,
    isWriting: values.write,
  };
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
