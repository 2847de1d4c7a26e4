/** No more than `max` within `windowMs`. */
export interface Allowance {
  readonly max: number;
  readonly windowMs: number;
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
