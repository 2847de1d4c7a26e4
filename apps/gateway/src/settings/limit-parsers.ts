import { countryCodes } from "@verigate/telemetry";
import { type Allowance, eventsMax } from "../limits/allowance.ts";
import type { TestNumber } from "../limits/test-numbers.ts";
import { durationOf, integerOf } from "./parsers.ts";

const eventsFrom = integerOf(1, eventsMax);
const windowFrom = durationOf(1_000);

/**
 * `5/10m`: no more than 5 in 10 minutes; several of them, each longer and larger
 * than the one before, by commas; or `0`, which is none.
 */
export function allowancesOf(countMax: number): (text: string) => readonly Allowance[] {
  const shape = countMax === 1 ? "5/1h" : "5/10m,20/24h";
  return (text) => {
    if (text === "0") {
      return [];
    }
    const allowances = text.split(",").map((part) => allowanceFrom(part.trim(), shape));
    if (allowances.length > countMax) {
      throw new Error(`"${text}" has more than ${countMax === 1 ? "one limit" : `${countMax} limits`}`);
    }
    allowances.forEach(({ max, windowMs }, index) => {
      const before = allowances[index - 1];
      if (before !== undefined && (before.max >= max || before.windowMs >= windowMs)) {
        throw new Error(`"${text}" must have the larger limit behind, over the longer time, as in ${shape}`);
      }
    });
    return allowances;
  };
}

function allowanceFrom(text: string, shape: string): Allowance {
  const [max = "", window = "", ...more] = text.split("/");
  try {
    if (more.length > 0) {
      throw new Error("there is another slash");
    }
    return { max: eventsFrom(max), windowMs: windowFrom(window) };
  } catch {
    throw new Error(`"${text}" is not a number from 1 to ${eventsMax} in a time from 1s to 24h, as in ${shape}`);
  }
}

const countries: ReadonlySet<string> = new Set(countryCodes);

/** The code of a country that phone numbers belong to, in ISO 3166-1 alpha-2. */
export function countryFrom(text: string): string {
  if (!countries.has(text)) {
    throw new Error(`"${text}" is not the code of a country, such as EE (ISO 3166-1 alpha-2)`);
  }
  return text;
}

/** `+37255500001@2026-12-31`: a phone number in E.164, and its last day, in UTC. Not quoted: a number is somebody's. */
export function testNumberFrom(text: string): TestNumber {
  const [, phoneNumber, day] = /^(\+[1-9]\d{6,14})@(\d{4}-\d{2}-\d{2})$/.exec(text) ?? [];
  const startsAtMs = Date.parse(`${day}T00:00:00Z`);
  if (phoneNumber === undefined || day === undefined || new Date(startsAtMs || 0).toISOString().slice(0, 10) !== day) {
    throw new Error("each must be a phone number and its last day, such as +37255500001@2026-12-31");
  }
  return { phoneNumber, lastDay: day };
}
