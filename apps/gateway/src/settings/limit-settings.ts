import { limitNames } from "@verigate/telemetry";
import { allowancesOf, countryFrom, testNumberFrom } from "./limit-parsers.ts";
import { durationOf, integerOf, listOf, listOfAtMost, oneOf } from "./parsers.ts";

const testNumbersMax = 100;

/** How often what may be done (docs/limits.md). */
export const limitSettings = {
  VERIGATE_LIMIT_GUESSES: {
    shape: "`5/10m`, or two of those, or `0`",
    default: "5/10m,20/24h",
    meaning:
      "How many wrong PINs a user has: 5 in 10 minutes, and 20 in 24 hours. A right one forgets those of the first, " +
      "shorter time. Beyond that, PINs are not looked at: THROTTLED by GATEWAY. 0 is no limit.",
    parse: allowancesOf(2),
  },
  VERIGATE_LIMIT_SEND_COOLDOWN: {
    shape: "duration",
    default: "30s",
    meaning: "How long after a PIN was sent to a user or a phone the next one may be: SEND_COOLDOWN. 0 is at once.",
    parse: durationOf(0),
  },
  VERIGATE_LIMIT_SENDS: {
    shape: "`5/1h`, or `0`",
    default: "5/1h",
    meaning:
      "How many PINs may be sent to a user or a phone: SEND_LIMIT. To a phone over all services twice as many, and four " +
      "times as many starts by TOTP. 0 is no limit.",
    parse: allowancesOf(1),
  },
  VERIGATE_LIMIT_SERVICE_SENDS: {
    shape: "0 to 1000000000",
    default: "0",
    meaning:
      "How many PINs may be sent for one service in 24 hours: SERVICE_SEND_LIMIT. 50, 80 and 100 percent of it are " +
      "counted in metrics. 0 is no limit.",
    parse: integerOf(0, 1_000_000_000),
  },
  VERIGATE_LIMIT_CALLER_RPS: {
    shape: "0 to 100000",
    default: "0",
    meaning:
      "How many calls one caller may make in a second, all replicas with the same store together: CALLER_RATE_LIMITED. " +
      "While the store is down, any number. 0 is no limit.",
    parse: integerOf(0, 100_000),
  },
  VERIGATE_COUNTRIES: {
    shape: "comma list of codes such as `EE`",
    default: undefined,
    meaning: "Countries whose phones CreateUser accepts; of others, COUNTRY_NOT_ALLOWED. Without it, all.",
    parse: listOf(countryFrom),
  },
  VERIGATE_PUMPING: {
    shape: "`off`, `record` or `enforce`",
    default: "record",
    meaning:
      "What becomes of starts where, of 50 PINs or more that one service sent to one country in an hour, fewer than one " +
      "in ten was used: nothing, a count in metrics, or PUMPING_SUSPECTED.",
    parse: oneOf("off", "record", "enforce"),
  },
  VERIGATE_LIMIT_SHADOW: {
    shape: `comma list of ${limitNames.map((name) => `\`${name}\``).join(", ")}`,
    default: undefined,
    meaning: "Limits that count and tell what they would refuse, and refuse nothing.",
    parse: listOf(oneOf(...limitNames)),
  },
  VERIGATE_TEST_NUMBERS: {
    shape: "comma list of `+37255500001@2026-12-31`",
    default: undefined,
    meaning:
      "Phones of your own, each with its last day (UTC), to which PINs are sent without cool-down and cap per user. " +
      "Every other limit holds for them, too.",
    parse: listOfAtMost(testNumbersMax, testNumberFrom),
    isSecret: true,
  },
} as const;
