/** Phone numbers that are well formed, each another one. */
export interface PhoneNumbers {
  next(): string;
}

/** Mobile numbers of Estonia or Latvia; the ten million are used up after weeks. */
export function createPhoneNumbers(prefix: "+3725" | "+3712"): PhoneNumbers {
  let used = 0;
  return {
    next() {
      used += 1;
      return `${prefix}${String(used % 10_000_000).padStart(7, "0")}`;
    },
  };
}
