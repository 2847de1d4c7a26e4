import { parseArgs } from "node:util";
import { type Scenario, scenarios } from "./scenarios.ts";

/** How much is run, and what becomes of it. */
export interface Options {
  /** Of each scenario. */
  readonly seconds: number;
  /** Calls per second. */
  readonly rate: number;
  readonly scenarios: readonly Scenario[];
  /** Whether docs/reliability.md is to be written. */
  readonly isWriting: boolean;
}

export const usage = `pnpm chaos: lets the upstream do its worst, and compares what callers are told with what happened

  --seconds N    length of each scenario (60)
  --rate N       calls per second (200)
  --only NAME    one scenario alone; may be given again
  --write        writes docs/reliability.md

scenarios: ${scenarios.map(({ name }) => name).join(", ")}
`;

/** Reads the command line. Throws an Error whose message is for the user. */
export function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      seconds: { type: "string", default: "60" },
      rate: { type: "string", default: "200" },
      only: { type: "string", multiple: true },
      write: { type: "boolean", default: false },
    },
  });
  return {
    seconds: countFrom("seconds", values.seconds, 3_600),
    rate: countFrom("rate", values.rate, 2_000),
    scenarios: values.only === undefined ? scenarios : values.only.map(scenarioNamed),
    isWriting: values.write,
  };
}

function countFrom(name: string, text: string, max: number): number {
  if (!/^[1-9]\d{0,3}$/.test(text) || Number(text) > max) {
    throw new Error(`--${name} takes a whole number from 1 to ${max}`);
  }
  return Number(text);
}

function scenarioNamed(name: string): Scenario {
  const scenario = scenarios.find((candidate) => candidate.name === name);
  if (scenario === undefined) {
    throw new Error(`there is no scenario "${name}"`);
  }
  return scenario;
}
