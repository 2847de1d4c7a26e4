import { badAnswer, type JsonObject, textMember } from "./decode.ts";

/** A point in time: whole seconds since 1970-01-01T00:00:00Z, and 0 to 999,999,999 nanoseconds. */
export interface Instant {
  readonly seconds: number;
  readonly nanos: number;
}

const pattern =
  /^(\d{4})-(\d{2})-(\d{2})[Tt ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9})\d*)?(?:([Zz])|([+-])(\d{2}):?(\d{2}))?$/;

/**
 * Reads a `ctime`: RFC 3339 as documented, or without a zone as in the SDKs'
 * samples (`2017-09-15T08:13:26.965341`), which means UTC. Digits beyond the
 * ninth of the fraction are dropped.
 */
export function instantMember(object: JsonObject, name: string): Instant {
  const match = pattern.exec(textMember(object, name));
  if (match === null) {
    throw badAnswer(`has no time "${name}"`);
  }
  const [, year, month, day, hour, minute, second, fraction = "", , sign, zoneHour, zoneMinute] = match;
  const utcMs = Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
  // Date.UTC rolls over what is out of range (February 30th); a leap second alone may.
  const rolled = new Date(utcMs);
  if (Number(second) > 60 || (Number(second) < 60 && rolled.toISOString().slice(0, 19) !== isoOf(match))) {
    throw badAnswer(`has no time "${name}"`);
  }
  const zoneSeconds = (Number(zoneHour ?? 0) * 60 + Number(zoneMinute ?? 0)) * 60 * (sign === "-" ? -1 : 1);
  return { seconds: utcMs / 1_000 - zoneSeconds, nanos: Number(fraction.padEnd(9, "0")) };
}

function isoOf(match: RegExpExecArray): string {
  return `${match[1]}-${match[2]}-${match[3]}T${match[4]}:${match[5]}:${match[6]}`;
}
