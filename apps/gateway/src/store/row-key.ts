import type { RowKey } from "./limit-rows.ts";

/**
 * 64 bits that stand for a text in this process. Whoever can choose texts finds
 * two with the same bits, so they have to be hashes of a key that nobody knows;
 * of a million of those, two are the same once in 30 million times.
 */
export function rowKeyOf(text: string): RowKey {
  let high = 0x2545f491;
  let low = 0x9e3779b9;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
    high = Math.imul(high ^ code, 0x9e3779b1) + low;
    low = Math.imul(low ^ code, 0x85ebca6b) ^ (high >>> 15);
  }
  high = Math.imul(high ^ (low >>> 16), 0x27d4eb2f);
  low = Math.imul(low ^ (high >>> 15), 0x165667b1);
  high ^= low >>> 13;
  low ^= high >>> 16;
  return { high: high >>> 0 || 1, low: low >>> 0 };
}
