/** No more than `max` within `windowMs`. */
export interface Allowance {
  readonly max: number;
  readonly windowMs: number;
}

/** More than that of one subject is not kept one by one; it is less than a page of the store in memory holds. */
export const eventsMax = 400;

/** As many times as much within the same time, as far as it can be kept. */
export function times({ max, windowMs }: Allowance, factor: number): Allowance {
  return { max: Math.min(Math.ceil(factor * max), eventsMax), windowMs };
}

const units = [
  ["h", 3_600_000],
  ["m", 60_000],
  ["s", 1_000],
  ["ms", 1],
] as const;

/** A duration as settings are written: `10m`. */
function textFromDuration(ms: number): string {
  const [unit, unitMs] = units.find(([, each]) => ms % each === 0) ?? ["ms", 1];
  return `${ms / unitMs}${unit}`;
}

/** As settings are written: `5/10m`. */
export function textFromAllowance({ max, windowMs }: Allowance): string {
  return `${max}/${textFromDuration(windowMs)}`;
}
