import { createLimitRows, type LimitRows, type RowPlace } from "./limit-rows.ts";
import { rowKeyOf } from "./row-key.ts";

/** A user's phone, as a number that stands for it, and its country. */
export interface RememberedPhone {
  readonly phone: number;
  readonly country: string;
}

/** Which phone a user has, for a while, in 24 bytes each. */
export interface UserRows {
  readonly size: number;
  readonly bytes: number;
  /** Bytes that it would take more to remember a user; 0 where there is room. */
  growthFor(user: string): number;
  remember(user: string, remembered: RememberedPhone, untilMs: number): void;
  /** What is remembered of a user, which is then remembered until `untilMs`. */
  find(user: string, nowMs: number, untilMs: number): RememberedPhone | undefined;
  /** Looks at the next `places` places, and forgets whom it is time to forget. */
  sweep(places: number, nowMs: number): void;
}

const letters = 26;
const firstLetter = 65;
/** More than there are pairs of letters. */
const countryRange = 1_024;
const noCountry = letters * letters;

/** A number that stands for a phone in this process; of a million phones, two have the same once in 10,000 times. */
export function phoneNumberOf(phone: string): number {
  const { high, low } = rowKeyOf(phone);
  return (high % 2 ** 21) * 2 ** 32 + low;
}

export function createUserRows(): UserRows {
  /** The second in which to forget it, with the country behind; and the phone. */
  const rows: LimitRows = createLimitRows({ width: 2 });
  const endAndCountry = (untilMs: number, country: string) =>
    Math.ceil(untilMs / 1_000) * countryRange + indexOf(country);
  const endOf = (value: number) => Math.floor(value / countryRange) * 1_000;

  function placeOf(user: string): RowPlace | undefined {
    return rows.find(rowKeyOf(user))[0];
  }

  return {
    get size() {
      return rows.size;
    },
    get bytes() {
      return rows.bytes;
    },
    growthFor: (user) => (placeOf(user) === undefined ? rows.growthFor(rowKeyOf(user)) : 0),
    remember(user, { phone, country }, untilMs) {
      const place = placeOf(user);
      if (place !== undefined) {
        rows.drop(place);
      }
      rows.add(rowKeyOf(user), [endAndCountry(untilMs, country), phone]);
    },
    find(user, nowMs, untilMs) {
      const place = placeOf(user);
      const value = place === undefined ? 0 : rows.get(place, 0);
      if (place === undefined || endOf(value) <= nowMs) {
        return undefined;
      }
      const country = countryAt(value % countryRange);
      rows.set(place, 0, endAndCountry(untilMs, country));
      return { phone: rows.get(place, 1), country };
    },
    sweep: (places, nowMs) => rows.sweep(places, Math.floor(nowMs / 1_000) * countryRange + countryRange - 1),
  };
}

/** A number for a country's code of two letters; everything else has the same one. */
function indexOf(country: string): number {
  return /^[A-Z]{2}$/.test(country)
    ? (country.charCodeAt(0) - firstLetter) * letters + country.charCodeAt(1) - firstLetter
    : noCountry;
}

function countryAt(index: number): string {
  return index === noCountry
    ? "unknown"
    : String.fromCharCode(firstLetter + Math.floor(index / letters), firstLetter + (index % letters));
}
